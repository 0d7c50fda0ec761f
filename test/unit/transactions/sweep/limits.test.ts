import { describe, expect, it } from 'vitest';
import { tokens } from '#test/support/fakes/policies.ts';
import { createSweepDesk, HEIR, SWEPT_TOKEN } from '#test/support/fakes/sweep-desk.ts';

const HOUR_MS = 60 * 60_000;

/** A desk with 7 tokens, 5 of a day's 10 being spent this hour. */
function spentToday() {
  const desk = createSweepDesk({ policy: { max_value_per_day: [tokens(10n)] } });
  desk.account.tokens.set(SWEPT_TOKEN, 7n);
  desk.setSpent('5');
  return desk;
}

describe('tokens that have no room in a daily limit', () => {
  it('wait for it, with the coin that they need, and go when there is', async () => {
    const desk = spentToday();
    await desk.run();
    desk.clock.advance(HOUR_MS);
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({ status: 'open', moves: [], waiting_for: 'limit' });
    expect(desk.alerts()).toEqual([]);
    expect(desk.metrics.counts()).toMatchObject({ SweepHeld: 1 });
    desk.clock.advance(25 * HOUR_MS);
    await desk.run();
    desk.endAll({ status: 'confirmed' });
    await desk.run();
    expect(desk.transactions().map(({ to }) => to)).toEqual([SWEPT_TOKEN, HEIR.address]);
  });

  it('do not hold up other tokens, whose transfers keep the coin waiting too', async () => {
    const other = '0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9';
    const desk = createSweepDesk({
      policy: { max_value_per_day: [tokens(10n), { ...tokens(10n), asset: other, token_address: other }] },
    });
    desk.account.tokens.set(SWEPT_TOKEN, 7n).set(other, 7n);
    desk.setSpent('5');
    await desk.run();
    desk.endAll({ status: 'confirmed' });
    await desk.run();
    expect(desk.transactions().map(({ to }) => to)).toEqual([other]);
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'limit' });
  });
});

describe('tokens that are more than a limit', () => {
  it.each([
    ['a day', { max_value_per_day: [tokens(5n)] }, 'max_value_per_day'],
    ['a transaction', { max_value_per_transaction: [tokens(5n)] }, 'max_value_per_transaction'],
  ])(
    'lets go in %s keep the coin: somebody has to raise the limit, and then they need it',
    async (_of, policy, rule) => {
      const desk = createSweepDesk({ policy });
      desk.account.tokens.set(SWEPT_TOKEN, 7n);
      await desk.run();
      await desk.run();
      expect(desk.transactions()).toEqual([]);
      expect(desk.sweep()).toMatchObject({ status: 'failed', moves: [{ status: 'failed', failure: { rule } }] });
      expect(desk.alerts()).toHaveLength(1);
    },
  );
});
