import { describe, expect, it } from 'vitest';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { custodyStateSchema, recordKeyUse } from '#shared/custody/custody-state.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { storedWallet, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createPolicyOffice } from '#test/support/fakes/policy-office.ts';

describe('POST /admin/wallets/{id}/pause and resume', () => {
  const reason = { reason: 'looks odd' };

  it('change the wallet and what must hold for its key at once, on record', async () => {
    const { send, row, entries } = createPolicyOffice();
    const paused = await send('POST', 'pause', reason);
    expect(paused.json).toMatchObject({ id: TEST_WALLET.id, paused: true, status: 'active', version: 2 });
    expect(row('WALLET')).toMatchObject({ paused: true, version: 2 });
    const resumed = await send('POST', 'resume', { reason: 'was fine' });
    expect(resumed.json).toMatchObject({ paused: false, version: 3 });
    const custody = custodyStateSchema.parse(row('CUSTODY'));
    expect(custody).toMatchObject({ paused: false, audit_seq: 2 });
    const written = await entries(TEST_WALLET.id);
    expect(firstBreak(TEST_WALLET.id, written, custody)).toBeNull();
    expect(written).toMatchObject([
      { action: 'wallet.paused', reason: 'looks odd', actor: 'key_tester', severity: 'WARNING' },
      { action: 'wallet.resumed', reason: 'was fine' },
    ]);
  });

  it('twice change nothing the second time', async () => {
    const { send, entries } = createPolicyOffice();
    await send('POST', 'pause', reason);
    expect((await send('POST', 'pause', reason)).json.version).toBe(2);
    expect(await entries(TEST_WALLET.id)).toHaveLength(1);
  });

  it('keep the key of a paused wallet from being used', async () => {
    const { send, desk } = createPolicyOffice();
    const { client } = desk.deps;
    const custody = await createWalletStore(client, 'ledger').custodyState(TEST_WALLET.id);
    await send('POST', 'pause', reason);
    const write = new WriteTransaction();
    const use = { action: 'key.used', actor: 'lane-worker', severity: 'INFO' as const, request_id: 'r', detail: {} };
    const tables = { ledger: 'ledger', audit: 'audit' };
    const at = isoTime(TEST_NOW_MS);
    recordKeyUse(write, tables, TEST_WALLET.id, custody, use, at, () => new Error('refused'));
    await expect(write.commit(client, Deadline.in(1_000, createFakeClock().now))).rejects.toThrow('refused');
  });

  it('get in between the uses of a busy key', async () => {
    const { send, desk, entries } = createPolicyOffice();
    const { client } = desk.deps;
    const tables = { ledger: 'ledger', audit: 'audit' };
    const wallets = createWalletStore(client, 'ledger');
    const use = { action: 'key.used', actor: 'lane-worker', severity: 'INFO' as const, request_id: 'r', detail: {} };
    let uses = 0;
    const busy = async () => {
      for (let turn = 0; turn < 500; turn += 1) {
        // The pause waits by timers, which a loop of promises alone would never let run.
        await new Promise((resolve) => setImmediate(resolve));
        const custody = await wallets.custodyState(TEST_WALLET.id);
        if (custody.paused) return;
        const write = new WriteTransaction();
        recordKeyUse(write, tables, TEST_WALLET.id, custody, use, isoTime(TEST_NOW_MS), () => new Error('raced'));
        await write.commit(client, Deadline.in(1_000, createFakeClock().now)).catch(() => undefined);
        uses += 1;
      }
    };
    const using = busy();
    while (uses < 3) await new Promise((resolve) => setImmediate(resolve));
    const answer = await send('POST', 'pause', reason);
    await using;
    expect(answer.statusCode).toBe(200);
    const custody = await wallets.custodyState(TEST_WALLET.id);
    expect(firstBreak(TEST_WALLET.id, await entries(TEST_WALLET.id), custody)).toBeNull();
  });

  it.each([{}, { reason: '' }, { reason: '   ' }, { reason: 'x'.repeat(501) }, { reason: 5 }])(
    'need a reason: %j is refused',
    async (body) => {
      const { send, row } = createPolicyOffice();
      expect((await send('POST', 'pause', body)).statusCode).toBe(400);
      expect(row('WALLET')).toMatchObject({ paused: storedWallet().paused });
    },
  );

  it('honour If-Match', async () => {
    const { send } = createPolicyOffice();
    expect((await send('POST', 'pause', reason, { headers: { 'If-Match': '"v9"' } })).statusCode).toBe(412);
  });
});
