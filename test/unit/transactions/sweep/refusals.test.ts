import { describe, expect, it } from 'vitest';
import { sweepStream } from '#shared/custody/lifecycle/sweep.ts';
import type { PolicyRules } from '#shared/custody/policy/policy.ts';
import { MAX_ATTEMPTS } from '#shared/transactions/sweep/plan-moves.ts';
import { TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { ether, tokens } from '#test/support/fakes/policies.ts';
import { createSweepDesk, HEIR, runToTheEnd, SWEPT_TOKEN } from '#test/support/fakes/sweep-desk.ts';

/** 1 ether, less twice what 25,200 gas cost at twice the base fee and the least tip. */
const COIN = (10n ** 18n - 25_200n * 2n * (2n * 10n ** 9n + 10n ** 6n)).toString();

const HOUR_MS = 60 * 60_000;

describe('what is refused', () => {
  it.each<[string, Partial<PolicyRules>, string]>([
    ['a destination', { allowed_destinations: [TEST_RECIPIENT.replace('7', '8')] }, 'allowed_destinations'],
    ['a chain', { allowed_chains: [1] }, 'allowed_chains'],
    ['an amount', { max_value_per_transaction: [ether(5n)] }, 'max_value_per_transaction'],
    ["a day's amount", { max_value_per_day: [ether(5n)] }, 'max_value_per_day'],
  ] as const)(
    'by the policy, for %s, is on the sweep and an alert, and not tried again',
    async (_name, policy, word) => {
      const desk = createSweepDesk({ policy });
      await desk.run();
      expect(desk.transactions()).toEqual([]);
      expect(desk.sweep()).toMatchObject({
        status: 'failed',
        failure: { code: 'POLICY_VIOLATION', message: expect.stringContaining(word) },
        moves: [{ token_address: null, transaction_id: null, status: 'failed', failure: { code: 'POLICY_VIOLATION' } }],
      });
      expect((await desk.entries(sweepStream(TEST_WALLET.id))).at(-1)).toMatchObject({
        action: 'sweep.failed',
        severity: 'WARNING',
      });
      expect(desk.alerts()).toMatchObject([{ severity: 'ERROR', category: 'transaction_failed' }]);
      expect(desk.metrics.counts()).toMatchObject({ SweepFailed: 1, AlertRecorded: 1 });
      await desk.run();
      expect(desk.alerts()).toHaveLength(1);
    },
  );

  it('of tokens leaves the coin to go', async () => {
    const desk = createSweepDesk({ policy: { allowed_destinations: [HEIR.address] } });
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await runToTheEnd(desk);
    expect(desk.transactions()).toMatchObject([{ to: HEIR.address, value: COIN }]);
    expect(desk.sweep()).toMatchObject({ status: 'failed', moves: [{ status: 'failed' }, { status: 'confirmed' }] });
  });

  it('after it was accepted is not tried again either', async () => {
    const desk = createSweepDesk();
    await desk.run();
    const failure = { code: 'POLICY_VIOLATION', message: 'allowed_chains does not have chain 31337' };
    desk.endAll({ status: 'failed', failure });
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure });
  });

  it('by a daily limit after it was accepted is asked for anew, and waits for room in it', async () => {
    const desk = createSweepDesk({ policy: { max_value_per_day: [tokens(10n)] } });
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    const failure = { code: 'POLICY_VIOLATION', message: 'no room', rule: 'max_value_per_day' };
    desk.endAll({ status: 'failed', failure });
    desk.setSpent('5');
    await desk.run();
    expect(desk.sweep()).toMatchObject({
      status: 'open',
      waiting_for: 'limit',
      moves: [{ status: 'expired', failure }],
    });
    // Its coin stays with it.
    expect(desk.transactions()).toHaveLength(1);
    desk.clock.advance(25 * HOUR_MS);
    await runToTheEnd(desk);
    expect(desk.sweep()).toMatchObject({ status: 'done', moves: [{ attempt: 2 }, { token_address: null }] });
  });

  it('of tokens after they were accepted keeps the coin that they need, where the rule is an amount', async () => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    const failure = { code: 'POLICY_VIOLATION', message: 'too much', rule: 'max_value_per_transaction' };
    desk.endAll({ status: 'failed', failure });
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    expect(desk.sweep()).toMatchObject({ status: 'failed', moves: [{ failure }] });
  });

  it('by time is tried again with what is there then, so many times', async () => {
    const desk = createSweepDesk();
    for (let attempt = 1; attempt <= MAX_ATTEMPTS + 1; attempt += 1) {
      await desk.run();
      desk.endAll({ status: 'expired', failure: { code: 'TRANSACTION_TIMEOUT', message: 'late' } });
      desk.account.balanceWei -= 10n ** 15n;
    }
    await desk.run();
    expect(desk.transactions()).toHaveLength(MAX_ATTEMPTS);
    expect(new Set(desk.transactions().map(({ value }) => value)).size).toBe(MAX_ATTEMPTS);
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { code: 'TRANSACTION_TIMEOUT' } });
  });
});
