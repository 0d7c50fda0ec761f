import { describe, expect, it } from 'vitest';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { storedWallet, TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { createSweepDesk, HEIR } from '#test/support/fakes/sweep-desk.ts';

type Desk = ReturnType<typeof createSweepDesk>;
const SUCCESSOR = { successor_id: HEIR.id, successor_address: HEIR.address };

/** Sets a key state alone: the row of the wallet says what it said, as if somebody put it again. */
function setState(desk: Desk, walletId: string, state: Parameters<typeof unusedCustody>[0]): void {
  desk.dynamo.put('ledger', { ...custodyKey(walletId), ...unusedCustody(state) });
}

/** Runs the sweeper while something changes between its last look and its write. */
async function runWhile(desk: Desk, change: () => void): Promise<void> {
  const racing = desk.open((request) => {
    if (request.operation === 'TransactWriteItems') change();
    return desk.dynamo.answer(request);
  });
  await racing({}, lambdaContext());
}

describe('who puts rows of wallets again, once a sweep was found', () => {
  it('has nothing accepted for a successor whose key state is revoked, whatever its row says', async () => {
    const desk = createSweepDesk();
    await runWhile(desk, () => setState(desk, HEIR.id, { status: 'revoked' }));
    expect(desk.transactions()).toEqual([]);
  });

  it('does not keep a transaction from being accepted for a successor whose key state is active', async () => {
    const desk = createSweepDesk();
    const row = storedWallet({ ...HEIR, status: 'revoked' });
    await runWhile(desk, () => desk.dynamo.put('ledger', { ...walletKey(HEIR.id), ...row }));
    expect(desk.transactions()).toMatchObject([{ to: HEIR.address }]);
  });

  it('has a successor that was never used taken for what it was made: active', async () => {
    const desk = createSweepDesk();
    const { status, paused } = storedWallet();
    const made = { ...storedWallet(HEIR), status, paused, first_entry_hash: 'h' };
    desk.dynamo.put('ledger', { ...walletKey(HEIR.id), ...made });
    desk.dynamo.remove('ledger', custodyKey(HEIR.id));
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ to: HEIR.address }]);
  });

  it('ends no pause of the old wallet, and makes none', async () => {
    const desk = createSweepDesk();
    setState(desk, TEST_WALLET.id, { ...SUCCESSOR, status: 'rotated', paused: true });
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'paused' });
    desk.setWallet({ paused: true });
    setState(desk, TEST_WALLET.id, { ...SUCCESSOR, status: 'rotated', paused: false });
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ to: HEIR.address }]);
  });

  it.each(['active', 'revoked'] as const)(
    'has nothing swept from a wallet whose key state turns %s',
    async (status) => {
      const desk = createSweepDesk();
      let looks = 0;
      const late = desk.open((request) => {
        // The look at wallet and policy comes after the sweep was found.
        if (request.operation === 'BatchGetItem') {
          looks += 1;
          setState(desk, TEST_WALLET.id, { ...SUCCESSOR, status });
        }
        return desk.dynamo.answer(request);
      });
      await late({}, lambdaContext());
      expect(looks).toBeGreaterThan(0);
      expect(desk.transactions()).toEqual([]);
    },
  );
});
