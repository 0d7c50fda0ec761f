import { describe, expect, it } from 'vitest';
import { NEXT_TREASURY, TREASURY } from '#test/support/fakes/deposit-desk.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { paidInCoin } from '#test/support/fakes/paid-deposit.ts';

describe('where it goes', () => {
  it('is nowhere as long as no treasury may be used', async () => {
    const desk = paidInCoin();
    desk.setWallet(TREASURY, { purpose: 'treasury', paused: true });
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'treasury' });
    expect(desk.transactions()).toEqual([]);
  });

  it('is the treasury of now: what is queued for a former one is recalled and asked for anew', async () => {
    const desk = paidInCoin();
    await desk.run();
    desk.setTreasury(NEXT_TREASURY);
    await desk.runToTheEnd();
    expect(desk.transactions().map(({ status, to }) => [status, to])).toEqual([
      ['failed', TREASURY.address],
      ['confirmed', NEXT_TREASURY.address],
    ]);
    expect(desk.sweep()).toMatchObject({ status: 'done', failure: null });
  });

  it('is not a wallet that is no treasury, whatever the row says', async () => {
    const desk = paidInCoin();
    desk.setTreasury({ id: TREASURY.id, address: NEXT_TREASURY.address });
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({ waiting_for: 'error' });
    expect(desk.log.of('DEPOSIT_SWEEP_HELD')).toHaveLength(1);
  });

  it.each(['user', 'treasury'] as const)('never from a %s wallet that an order was made to name', async (purpose) => {
    const desk = paidInCoin();
    desk.setWallet(TEST_WALLET, { purpose });
    await desk.run();
    expect(desk.transactions()).toEqual([]);
  });

  it.each(['rotated', 'revoked'] as const)('from a %s wallet ends with an alert', async (status) => {
    const desk = paidInCoin();
    desk.setWallet(TEST_WALLET, { purpose: 'deposit', status });
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { code: `WALLET_${status.toUpperCase()}` } });
    expect(desk.alerts()).toHaveLength(1);
  });
});
