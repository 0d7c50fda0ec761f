import { describe, expect, it } from 'vitest';
import { createAccessAudit } from '#shared/audit/access-audit.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { approvedExport, createKeyDesk, recipientKeys } from '#test/support/fakes/key-desk.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const { id: walletId } = TEST_WALLET;
const ELSE = 'key_somebody_else';

describe('a refusal of what was asked of a key names its wallet', () => {
  it('when who asked approves or rejects', async () => {
    const desk = await createKeyDesk();
    const { publicJwk } = await recipientKeys();
    const exportId = String((await desk.requestExport(publicJwk, 'key_one')).json['id']);
    await desk.approve(exportId, 'key_one');
    await desk.reject(exportId, 'key_one');
    expect(desk.control.accesses.filter(({ outcome }) => outcome === 'FORBIDDEN')).toMatchObject([
      { operation: 'approveExport', subject: walletId, named: exportId },
      { operation: 'rejectExport', subject: walletId, named: exportId },
    ]);
  });

  it('when somebody else retrieves', async () => {
    const { desk, exportId } = await approvedExport();
    expect((await desk.retrieve(exportId, ELSE)).status).toBe(403);
    expect(desk.exporter.accesses).toMatchObject([{ subject: walletId, named: exportId, outcome: 'FORBIDDEN' }]);
  });

  it('when an API key approves where operators decide, or one that may be in the same hand', async () => {
    const { publicJwk } = await recipientKeys();
    const operators = await createKeyDesk({ deciders: 'operators' });
    const asked = await operators.requestExport(publicJwk, 'oidc:0123456789ab:alice');
    await operators.approve(String(asked.json['id']));
    const kin = { key_requester: { line: 'key_requester', makers: 'key_approver' } };
    const principals = await createKeyDesk({ kin });
    await principals.approve(String((await principals.requestExport(publicJwk)).json['id']));
    for (const { control } of [operators, principals]) {
      const refused = control.accesses.filter(({ outcome }) => outcome === 'FORBIDDEN');
      expect(refused).toMatchObject([{ operation: 'approveExport', subject: walletId }]);
    }
  });

  it('when what was approved by its own requester is destroyed or given out', async () => {
    const { desk, exportId } = await approvedExport();
    const [row] = desk.items('approvals');
    desk.dynamo.put('approvals', { ...row, approved_by: row?.['requested_by'] });
    expect((await desk.retrieve(exportId)).status).toBe(403);
    expect(desk.exporter.accesses).toMatchObject([{ subject: walletId, named: exportId }]);
  });
});

it('is in the audit under the wallet, with what the request named', async () => {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], audit: ['pk', 'seq'] });
  const client = scriptedDocumentClient(createScriptedAws((request) => dynamo.answer(request)));
  const clock = createFakeClock();
  const recorder = createAccessAudit(client, { ledger: 'ledger', audit: 'audit' }, clock.now);
  await recorder.record({
    ...{ operation: 'approveExport', principal: { id: 'key_a', name: 'a', scopes: [] }, requestId: 'request-1' },
    ...{ sourceAddress: '203.0.113.7', subject: walletId, named: 'exp_1', outcome: 'FORBIDDEN' as const },
    deadline: Deadline.in(1_000, clock.now),
  });
  const [entry] = await createAuditStore(client, 'audit').entries('access:key_a');
  expect(entry).toMatchObject({ at: isoTime(TEST_NOW_MS), detail: { subject: walletId, named: 'exp_1' } });
  expect(entry && indexAttributesOf(entry).gsi4pk).toBe(walletId);
});
