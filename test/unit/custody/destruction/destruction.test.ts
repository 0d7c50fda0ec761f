import { describe, expect, it } from 'vitest';
import { delayAfterMs } from '#shared/custody/destruction/put-off.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import {
  APPROVER,
  createKeyDesk,
  type KeyDeskOptions,
  REQUESTER,
  recipientKeys,
} from '#test/support/fakes/key-desk.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Revoked ten days ago; the desk's stage keeps keys for thirty. */
const REVOKED = { status: 'revoked', revoked_at: isoTime(TEST_NOW_MS - 10 * DAY_MS) } as const;

async function approvedDestruction(options: KeyDeskOptions = {}) {
  const desk = await createKeyDesk({ wallet: REVOKED, ...options });
  const { json } = await desk.requestDestruction();
  const requestId = String(json['id']);
  const approved = await desk.approveDestruction(requestId);
  return { desk, requestId, approved };
}

describe('the destruction of a key', () => {
  it('happens by itself when its retention has passed, and leaves no key', async () => {
    const { desk, requestId, approved } = await approvedDestruction();
    expect(approved.json).toMatchObject({ status: 'approved', due_at: isoTime(TEST_NOW_MS + 20 * DAY_MS) });
    desk.clock.advance(20 * DAY_MS);
    await desk.destroy();
    expect(desk.items('keys')).toHaveLength(1);
    desk.clock.advance(1);
    await desk.destroy();
    expect(desk.items('keys')).toEqual([]);
    const at = isoTime(TEST_NOW_MS + 20 * DAY_MS + 1);
    expect(await createWalletStore(desk.client, 'ledger').get(TEST_WALLET.id)).toMatchObject({
      status: 'revoked',
      key_destroyed_at: at,
      version: 2,
    });
    expect((await desk.get('/admin/destructions/{id}', { id: requestId })).json).toMatchObject({
      status: 'executed',
      ended_by: 'key-destroyer',
      ended_at: at,
    });
    expect(desk.metrics.counts()).toMatchObject({ KeyDestroyed: 1 });
  });

  it('is on the stream of the wallet and a critical alert at each step, and the stream verifies', async () => {
    const { desk } = await approvedDestruction({ retentionDays: 0 });
    desk.clock.advance(1);
    await desk.destroy();
    expect(await desk.entries()).toMatchObject([
      { action: 'destruction.requested', actor: REQUESTER, severity: 'CRITICAL', reason: 'closed' },
      { action: 'destruction.approved', actor: APPROVER, severity: 'CRITICAL' },
      { action: 'key.destroyed', actor: 'key-destroyer', severity: 'CRITICAL', detail: { approved_by: APPROVER } },
    ]);
    expect(await desk.brokenAt()).toBeNull();
    expect(desk.alerts().map(({ severity }) => severity)).toEqual(['CRITICAL', 'CRITICAL', 'CRITICAL']);
  });

  it('happens once, however many run at once', async () => {
    const { desk } = await approvedDestruction({ retentionDays: 0 });
    desk.clock.advance(1);
    await Promise.all([desk.destroy(), desk.destroy(), desk.destroy()]);
    await desk.destroy();
    expect((await desk.entries()).filter(({ action }) => action === 'key.destroyed')).toHaveLength(1);
    expect(desk.metrics.counts()).toMatchObject({ KeyDestroyed: 1 });
    expect(desk.metrics.counts()).not.toHaveProperty('KeyDestructionFailed');
  });

  it.each(['active', 'rotated'] as const)('is refused for a wallet that is %s', async (status) => {
    const desk = await createKeyDesk({ wallet: { status } });
    const answer = await desk.requestDestruction();
    expect([answer.status, answer.json['error']]).toEqual([409, 'INVALID_TRANSITION']);
    expect(desk.items('approvals')).toEqual([]);
  });

  it('can not be approved by who asked for it', async () => {
    const desk = await createKeyDesk({ wallet: REVOKED });
    const { json } = await desk.requestDestruction();
    expect((await desk.approveDestruction(String(json['id']), REQUESTER)).status).toBe(403);
    desk.clock.advance(100 * DAY_MS);
    await desk.destroy();
    expect(desk.items('keys')).toHaveLength(1);
  });

  it('that was cancelled in time does not happen', async () => {
    const { desk, requestId } = await approvedDestruction();
    expect((await desk.cancelDestruction(requestId)).json['status']).toBe('cancelled');
    desk.clock.advance(100 * DAY_MS);
    await desk.destroy();
    expect(desk.items('keys')).toHaveLength(1);
    expect(desk.metrics.counts()).not.toHaveProperty('KeyDestructionFailed');
  });

  it('that was approved for a wallet that is revoked no more does not happen, and is said', async () => {
    const { desk } = await approvedDestruction();
    const [wallet] = desk.items('ledger').filter(({ sk }) => sk === 'WALLET');
    const [custody] = desk.items('ledger').filter(({ sk }) => sk === 'CUSTODY');
    desk.dynamo.put('ledger', { ...custody, status: 'active' });
    desk.clock.advance(100 * DAY_MS);
    await desk.destroy();
    desk.dynamo.put('ledger', { ...wallet, status: 'active' });
    desk.clock.advance(MINUTE_MS + 1);
    await desk.destroy();
    expect(desk.items('keys')).toHaveLength(1);
    expect(desk.log.of('KEY_DESTRUCTION_FAILED')).toHaveLength(2);
    expect(desk.metrics.counts()).toMatchObject({ KeyDestructionFailed: 2 });
  });

  it('that was forged into an approval by its own requester does not happen', async () => {
    const { desk } = await approvedDestruction({ retentionDays: 0 });
    const [row] = desk.items('approvals');
    desk.dynamo.put('approvals', { ...row, approved_by: REQUESTER });
    desk.clock.advance(1);
    await desk.destroy();
    expect(desk.items('keys')).toHaveLength(1);
  });

  it('waits out a retention that was made longer after the approval', async () => {
    const { desk } = await approvedDestruction();
    const [row] = desk.items('approvals');
    desk.dynamo.put('approvals', {
      ...row,
      use_from: isoTime(TEST_NOW_MS),
      gsi2pk: 'DUE_DESTRUCTIONS',
      gsi2sk: `${isoTime(TEST_NOW_MS)}#${String(row?.['id'])}`,
    });
    desk.clock.advance(DAY_MS);
    await desk.destroy();
    expect(desk.items('keys')).toHaveLength(1);
  });

  it('is final: there is nothing to export, to destroy or to cancel after it', async () => {
    const { desk, requestId } = await approvedDestruction({ retentionDays: 0 });
    desk.clock.advance(1);
    await desk.destroy();
    expect((await desk.requestDestruction()).json['error']).toBe('KEY_NOT_AVAILABLE');
    expect((await desk.requestExport((await recipientKeys()).publicJwk)).json['error']).toBe('KEY_NOT_AVAILABLE');
    expect((await desk.cancelDestruction(requestId)).json['error']).toBe('INVALID_TRANSITION');
  });

  it.each(['request', 'answer'] as const)(
    'cut off at its write, the %s lost, is whole or not there, and the next run makes it whole',
    async (lost) => {
      let losing = false;
      const { desk } = await approvedDestruction({
        retentionDays: 0,
        before: ({ operation }, answer) => {
          if (!losing || operation !== 'TransactWriteItems') return undefined;
          losing = false;
          if (lost === 'answer') answer();
          return new Error('the connection broke');
        },
      });
      desk.clock.advance(1);
      losing = true;
      await desk.destroy();
      const gone = lost === 'answer';
      expect(desk.items('keys')).toHaveLength(gone ? 0 : 1);
      expect((await desk.entries()).some(({ action }) => action === 'key.destroyed')).toBe(gone);
      desk.clock.advance(MINUTE_MS + 1);
      await desk.destroy();
      expect(desk.items('keys')).toEqual([]);
      expect((await desk.entries()).filter(({ action }) => action === 'key.destroyed')).toHaveLength(1);
      expect(await desk.brokenAt()).toBeNull();
    },
  );
});

describe('a destruction that can not succeed', () => {
  /** One that is due, of a wallet that is revoked no more. */
  async function stuck() {
    const approved = await approvedDestruction({ retentionDays: 0 });
    const [custody] = approved.desk.items('ledger').filter(({ sk }) => sk === 'CUSTODY');
    approved.desk.dynamo.put('ledger', { ...custody, status: 'active' });
    approved.desk.clock.advance(1);
    return { ...approved, mend: () => approved.desk.dynamo.put('ledger', { ...custody }) };
  }
  const failures = (desk: Awaited<ReturnType<typeof stuck>>['desk']) => desk.log.of('KEY_DESTRUCTION_FAILED').length;

  it('is tried again ever later, once a day at least, and each time from the third on is an alert', async () => {
    const { desk } = await stuck();
    for (const delayMs of [1, 2, 4, 8].map((minutes) => minutes * MINUTE_MS)) {
      const before = failures(desk);
      await desk.destroy();
      expect(failures(desk)).toBe(before + 1);
      desk.clock.advance(delayMs);
      await desk.destroy();
      expect(failures(desk)).toBe(before + 1);
      desk.clock.advance(1);
    }
    expect(desk.alerts().filter(({ severity }) => severity === 'ERROR')).toHaveLength(2);
    expect([1, 2, 11, 12, 40].map(delayAfterMs)).toEqual([1, 2, 1_024, 1_440, 1_440].map((n) => n * MINUTE_MS));
  });

  it('happens when what hindered it is gone', async () => {
    const { desk, mend } = await stuck();
    await desk.destroy();
    mend();
    await desk.destroy();
    expect(desk.items('keys')).toHaveLength(1);
    desk.clock.advance(MINUTE_MS + 1);
    await desk.destroy();
    expect(desk.items('keys')).toEqual([]);
    expect(await desk.brokenAt()).toBeNull();
  });

  it('can be cancelled while it waits, and shows nothing of its failures', async () => {
    const { desk, requestId } = await stuck();
    await desk.destroy();
    const { status, json } = await desk.cancelDestruction(requestId);
    expect([status, json['status']]).toEqual([200, 'cancelled']);
    expect(Object.keys(json)).not.toContain('failures');
    desk.clock.advance(DAY_MS);
    await desk.destroy();
    expect(failures(desk)).toBe(1);
  });

  it('keeps no place from others: behind any number of such the one that can happens', async () => {
    const { desk } = await approvedDestruction({ retentionDays: 0 });
    const [row] = desk.items('approvals');
    for (let nth = 0; nth < 60; nth += 1) {
      const id = `dst_00000000000000000000000${String(nth).padStart(3, '0')}`;
      const early = isoTime(TEST_NOW_MS - DAY_MS);
      desk.dynamo.put('approvals', { ...row, pk: id, id, wallet_id: 'wal_none', gsi2sk: `${early}#${id}` });
    }
    desk.clock.advance(1);
    for (const _run of [1, 2, 3]) await desk.destroy();
    expect(desk.items('keys')).toEqual([]);
    expect(failures(desk)).toBe(60);
  });

  it('because its row is damaged keeps no place from others either, is left as it is, and is an alert each day', async () => {
    const { desk } = await approvedDestruction({ retentionDays: 0 });
    const [row] = desk.items('approvals');
    for (let nth = 0; nth < 60; nth += 1) {
      const id = `dst_00000000000000000000000${String(nth).padStart(3, '0')}`;
      const early = isoTime(TEST_NOW_MS - DAY_MS);
      desk.dynamo.put('approvals', { ...row, pk: id, id, status: 'aproved', version: 'x', gsi2sk: `${early}#${id}` });
    }
    desk.clock.advance(1);
    for (const _run of [1, 2, 3]) await desk.destroy();
    expect(desk.items('keys')).toEqual([]);
    expect(failures(desk)).toBe(60);
    const damaged = () => desk.alerts().filter(({ summary }) => String(summary).includes('damaged'));
    expect(damaged()).toHaveLength(60);
    expect(damaged()[0]).toMatchObject({ severity: 'CRITICAL', category: 'key_access' });
    const rows = desk.items('approvals').filter(({ status }) => status === 'aproved');
    expect(rows).toHaveLength(60);
    expect(rows[0]).toMatchObject({ wallet_id: row?.['wallet_id'], version: 'x' });
    desk.clock.advance(DAY_MS - MINUTE_MS);
    await desk.destroy();
    expect(damaged()).toHaveLength(60);
    desk.clock.advance(MINUTE_MS + 1);
    await desk.destroy();
    expect(damaged()).toHaveLength(85);
  });
});
