import { describe, expect, it } from 'vitest';
import { accessStream, createAccessAudit, readAccessHead } from '#shared/audit/access-audit.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import type { Access } from '#shared/platform/http/access-recorder.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const PRINCIPAL = 'key_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const OPERATOR = 'oidc:0123456789ab:alice';
const WALLET_ID = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const TABLES = { ledger: 'ledger', audit: 'audit' };

function desk() {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], audit: ['pk', 'seq'] });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  /** One function instance. */
  const instance = () => createAccessAudit(client, TABLES, clock.now, async () => undefined);
  const access = (outcome: Access['outcome'] = 'granted', principalId = PRINCIPAL): Access => ({
    operation: 'getWallet',
    principal: { id: principalId, name: 'tester', scopes: ['*'] },
    requestId: 'request-1',
    sourceAddress: '203.0.113.7',
    subject: WALLET_ID,
    outcome,
    deadline: Deadline.in(60_000, clock.now),
  });
  const inSession = (session: string): Access => ({
    ...access(),
    principal: { id: OPERATOR, name: 'admin', scopes: ['*'], session },
  });
  const stream = (principalId = PRINCIPAL) => createAuditStore(client, 'audit').entries(accessStream(principalId));
  const broken = async (principalId = PRINCIPAL) => {
    const head = await readAccessHead(client, 'ledger', principalId);
    return firstBreak(accessStream(principalId), await stream(principalId), head);
  };
  return { dynamo, aws, instance, access, inSession, stream, broken };
}

describe('the access stream of a principal', () => {
  it('says who reached for what, in which request, and why it was refused', async () => {
    const { instance, access, stream } = desk();
    const audit = instance();
    await audit.record(access());
    await audit.record(access('POLICY_VIOLATION'));
    const detail = { operation: 'getWallet', subject: WALLET_ID, source_address: '203.0.113.7' };
    expect(await stream()).toMatchObject([
      { action: 'access.granted', actor: PRINCIPAL, severity: 'INFO', request_id: 'request-1', detail },
      { action: 'access.refused', actor: PRINCIPAL, severity: 'WARNING', reason: 'POLICY_VIOLATION', detail },
    ]);
  });

  it('is whole, in order and linked when instances write to it in turn', async () => {
    const { instance, access, stream, broken } = desk();
    const instances = [instance(), instance(), instance()];
    for (let round = 0; round < 4; round += 1) {
      for (const audit of instances) await audit.record(access());
    }
    expect(await stream()).toHaveLength(12);
    expect(await broken()).toBeNull();
  });

  it('loses none of many that come at once', async () => {
    const { instance, access, stream, broken } = desk();
    await Promise.all(Array.from({ length: 8 }, () => instance().record(access())));
    expect(await stream()).toHaveLength(8);
    expect(await broken()).toBeNull();
  });

  it('costs one call when nobody else wrote, and no read', async () => {
    const { instance, access, aws } = desk();
    const audit = instance();
    await audit.record(access());
    await audit.record(access());
    expect(aws.requests.map(({ operation }) => operation)).toEqual(['TransactWriteItems', 'TransactWriteItems']);
  });

  it('is not that of another principal', async () => {
    const { instance, access, stream, broken } = desk();
    const audit = instance();
    await audit.record(access());
    await audit.record(access('granted', 'key_other'));
    expect(await stream('key_other')).toHaveLength(1);
    expect([await broken(), await broken('key_other'), await broken('key_nobody')]).toEqual([null, null, null]);
  });

  it('shows that an entry was removed', async () => {
    const { instance, access, dynamo, stream, broken } = desk();
    await instance().record(access());
    const entries = await stream();
    dynamo.put('ledger', {
      pk: `AUDIT#${accessStream(PRINCIPAL)}`,
      sk: 'HEAD',
      audit_seq: 2,
      audit_hash: 'f'.repeat(64),
    });
    expect(entries).toHaveLength(1);
    expect(await broken()).toEqual({ seq: 2, reason: 'truncated' });
  });
});

describe('the sessions of an operator', () => {
  const actions = (entries: readonly { readonly action: string; readonly detail: object }[]) =>
    entries.map(({ action, detail }) => `${action} ${'session' in detail ? detail.session : ''}`);

  it('each begin once on its stream, before the first access, whichever instance records it', async () => {
    const { instance, inSession, stream, broken } = desk();
    const [one, two] = [instance(), instance()];
    for (const audit of [one, two, one]) await audit.record(inSession('s1'));
    await two.record(inSession('s2'));
    await one.record(inSession('s1'));
    expect(actions(await stream(OPERATOR))).toEqual([
      'session.started s1',
      'access.granted s1',
      'access.granted s1',
      'access.granted s1',
      'session.started s2',
      'access.granted s2',
      'access.granted s1',
    ]);
    expect(await broken(OPERATOR)).toBeNull();
  });

  it('begin once however many requests come first at once', async () => {
    const { instance, inSession, stream, broken } = desk();
    await Promise.all(Array.from({ length: 8 }, () => instance().record(inSession('s1'))));
    expect(actions(await stream(OPERATOR)).filter((action) => action.startsWith('session.started'))).toHaveLength(1);
    expect(await stream(OPERATOR)).toHaveLength(9);
    expect(await broken(OPERATOR)).toBeNull();
  });

  it('cost no call of their own', async () => {
    const { instance, inSession, aws } = desk();
    await instance().record(inSession('s1'));
    expect(aws.requests.map(({ operation }) => operation)).toEqual(['TransactWriteItems']);
  });
});
