import { describe, expect, it } from 'vitest';
import { isGasFunding } from '#shared/payments/sweeps/deposit-sweep.ts';
import { COIN_GAS, DEPOSIT_TOKEN, GAS_PRICE_WEI, NEXT_TREASURY, TREASURY } from '#test/support/fakes/deposit-desk.ts';
import { DEPOSIT, ETHER, PAID_TOKENS, paidInCoin, paidInTokens } from '#test/support/fakes/paid-deposit.ts';

describe('a settled order that was paid in coin', () => {
  it('has its coin in the treasury, but for what its fee might have been', async () => {
    const desk = paidInCoin();
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', round: 1, failure: null });
    const fee = COIN_GAS * GAS_PRICE_WEI;
    const rest = desk.balanceOf('coin', DEPOSIT);
    expect(rest).toBeLessThan(2n * fee);
    expect(desk.balanceOf('coin', TREASURY.address)).toBe(ETHER + ETHER - fee - rest);
    expect(desk.sweep()?.left).toEqual([{ token_address: null, amount: `${rest}`, reason: 'not_worth_gas' }]);
    expect(desk.marked()).toEqual([]);
    expect((await desk.entries()).map(({ action }) => action)).toEqual(['deposit_sweep.opened', 'deposit_sweep.done']);
    expect(await desk.brokenAt()).toBeNull();
  });

  it('is not touched while it waits for more, and is as soon as it does not', async () => {
    const desk = paidInCoin();
    for (const status of ['awaiting_payment', 'confirming'] as const) {
      desk.putOrder({ status });
      await desk.run();
      expect(desk.sweep()).toBeUndefined();
      expect(desk.marked()).toHaveLength(1);
    }
    desk.putOrder({ status: 'expired' });
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
  });

  it('has another round for a payment that comes later', async () => {
    const desk = paidInCoin();
    await desk.runToTheEnd();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment({ id: '31337:0xlater:native' });
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', round: 2 });
    expect(desk.balanceOf('coin', TREASURY.address)).toBeGreaterThan(3n * ETHER - ETHER / 1_000n);
    expect(new Set(desk.transactions().map(({ reference }) => reference)).size).toBe(2);
  });

  it('has the round of a payment that comes while the one before goes on', async () => {
    const desk = paidInCoin();
    await desk.run();
    desk.putPayment({ id: '31337:0xlater:native' });
    await desk.run();
    desk.mine();
    desk.give('coin', DEPOSIT, ETHER);
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', round: 2 });
    expect(desk.transactions()).toHaveLength(2);
  });
});

describe('a settled order that was paid in a token', () => {
  it('is sent gas by the treasury first, sends its token, and what is left over of the gas where that is worth it', async () => {
    const desk = paidInTokens();
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ from: TREASURY.address, to: DEPOSIT, data: '0x' }]);
    const gas = { from: TREASURY.address, log_index: null };
    expect(isGasFunding(desk.sweep(), gas)).toBe(true);
    expect(isGasFunding(desk.sweep(), { ...gas, log_index: 0 })).toBe(false);
    expect(isGasFunding(desk.sweep(), { ...gas, from: NEXT_TREASURY.address })).toBe(false);
    expect(isGasFunding(desk.sweep(), { ...gas, from: null })).toBe(false);
    expect(isGasFunding(undefined, gas)).toBe(false);
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    desk.mine();
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', failure: null });
    expect(desk.balanceOf(DEPOSIT_TOKEN, TREASURY.address)).toBe(PAID_TOKENS);
    expect(desk.balanceOf(DEPOSIT_TOKEN, DEPOSIT)).toBe(0n);
  });

  it('is asked for no gas where it has coin enough', async () => {
    const desk = paidInTokens();
    desk.give('coin', DEPOSIT, ETHER);
    await desk.runToTheEnd();
    expect(desk.sweep()?.moves.map(({ kind, token_address }) => [kind, token_address])).toEqual([
      ['sweep', DEPOSIT_TOKEN],
      ['sweep', null],
    ]);
  });

  it('waits for a treasury that has no coin for gas, and puts nothing into its lane', async () => {
    const desk = paidInTokens();
    desk.give('coin', TREASURY.address, -ETHER);
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'treasury' });
    desk.clock.advance(31 * 60_000);
    await desk.run();
    expect(desk.log.of('DEPOSIT_SWEEP_HELD')).toHaveLength(1);
  });

  it('keeps less than the minimum that is configured, and says so', async () => {
    const desk = paidInTokens(999n, { minimum: 1_000n });
    await desk.runToTheEnd();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({
      status: 'done',
      left: [{ token_address: DEPOSIT_TOKEN, amount: '999', reason: 'below_minimum' }],
    });
  });

  it('that nodes refuse to move is no try, waits, and is moved once they do not', async () => {
    const desk = paidInTokens();
    desk.chain.refusesTokens = true;
    for (let minute = 0; minute < 60; minute += 1) {
      await desk.run();
      desk.clock.advance(60_000);
    }
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'refused', moves: [] });
    expect(desk.log.of('DEPOSIT_SWEEP_HELD').length).toBeGreaterThan(0);
    desk.chain.refusesTokens = false;
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', failure: null });
    expect(desk.balanceOf(DEPOSIT_TOKEN, TREASURY.address)).toBe(PAID_TOKENS);
  });

  it('that nodes refuse to move keeps no coin at its address', async () => {
    const desk = paidInTokens();
    desk.chain.refusesTokens = true;
    desk.give('coin', DEPOSIT, ETHER);
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'refused' });
    expect(desk.balanceOf('coin', TREASURY.address)).toBeGreaterThan(2n * ETHER - ETHER / 1_000n);
  });

  it('that nodes refuse to move for a day is told of by an alert', async () => {
    const desk = paidInTokens();
    desk.chain.refusesTokens = true;
    await desk.run();
    desk.clock.advance(24 * 60 * 60_000);
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'open' });
    desk.clock.advance(1);
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { code: 'ESTIMATE_REFUSED' } });
    expect(desk.alerts()).toMatchObject([{ severity: 'ERROR' }]);
    expect(await desk.brokenAt()).toBeNull();
  });
});
