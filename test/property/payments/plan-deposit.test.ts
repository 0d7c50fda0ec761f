import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DepositMove } from '#shared/payments/sweeps/deposit-sweep.ts';
import {
  COIN_WORTH_FACTOR,
  type DepositSeen,
  planDeposit,
  withDepositMove,
  worstFeeWei,
} from '#shared/payments/sweeps/plan-deposit.ts';
import { MAX_ATTEMPTS } from '#shared/transactions/sweep/plan-moves.ts';

const ASSETS = ['0xa', '0xb', null] as const;
const wei = fc.oneof(fc.bigInt(0n, 200_000n), fc.bigInt(0n, 10n ** 20n));

const seen: fc.Arbitrary<DepositSeen> = fc.record({
  coinWei: wei,
  tokens: fc.tuple(
    ...(['0xa', '0xb'] as const).map((token_address) =>
      fc.record({
        token_address: fc.constant(token_address),
        amount: wei,
        minimum: fc.bigInt(0n, 100n),
        gas: fc.option(fc.bigInt(21_000n, 100_000n), { nil: undefined }),
      }),
    ),
  ),
  coinGas: fc.bigInt(21_000n, 30_000n),
  feePerGasWei: fc.bigInt(1n, 10n ** 12n),
  capWei: fc.bigInt(1n, 10n ** 12n),
});

const ended: fc.Arbitrary<DepositMove> = fc
  .record({
    kind: fc.constantFrom('sweep', 'gas'),
    token: fc.constantFrom(...ASSETS),
    attempt: fc.integer({ min: 1, max: MAX_ATTEMPTS }),
    status: fc.constantFrom('confirmed', 'expired', 'failed'),
  })
  .map(({ kind, token, attempt, status }) => ({
    chain_id: 1,
    token_address: kind === 'gas' ? null : token,
    amount: '1',
    attempt,
    transaction_id: 'tx_1',
    status,
    failure: null,
    kind,
    round: 1,
    block_number: null,
  }));
const moves = fc.array(ended, { maxLength: 6 });

describe('a plan for a deposit address', () => {
  it('never sends more than there is, nor what its fee could not be paid for', () => {
    fc.assert(
      fc.property(moves, seen, (before, look) => {
        const plan = planDeposit(before, look);
        if (plan.kind !== 'send') return;
        const swept = plan.transfers.filter(({ kind }) => kind === 'sweep');
        for (const { token_address, amount } of swept) {
          const token = look.tokens.find((one) => one.token_address === token_address);
          expect(amount).toBeLessThanOrEqual(token?.amount ?? look.coinWei);
        }
        const value = swept
          .filter(({ token_address }) => token_address === null)
          .reduce((sum, t) => sum + t.amount, 0n);
        const gas = swept.reduce(
          (sum, { token_address }) =>
            sum + (look.tokens.find((one) => one.token_address === token_address)?.gas ?? look.coinGas),
          0n,
        );
        expect(value + worstFeeWei(gas, look)).toBeLessThanOrEqual(
          look.coinWei + (swept.length === 0 ? 10n ** 30n : 0n),
        );
      }),
    );
  });

  it('moves no asset twice in a round, and tries none more often than is allowed', () => {
    fc.assert(
      fc.property(moves, seen, (before, look) => {
        const plan = planDeposit(before, look);
        const transfers = plan.kind === 'send' ? plan.transfers : [];
        for (const { kind, token_address, attempt } of transfers) {
          const own = before.filter((move) => move.kind === kind && move.token_address === token_address);
          const last = own.at(-1);
          expect(attempt).toBe((last?.attempt ?? 0) + 1);
          expect(own.filter(({ status }) => status !== 'expired').length).toBeLessThan(MAX_ATTEMPTS);
          if (kind === 'sweep') expect(last?.status ?? 'expired').toBe('expired');
        }
      }),
    );
  });

  it('sends gas for what lacks it alone, and then enough', () => {
    fc.assert(
      fc.property(moves, seen, (before, look) => {
        const plan = planDeposit(before, look);
        const gas = plan.kind === 'send' ? plan.transfers.find(({ kind }) => kind === 'gas') : undefined;
        if (gas === undefined) return;
        const funded = planDeposit([...before], { ...look, coinWei: look.coinWei + gas.amount });
        expect(gas.amount).toBeGreaterThan(0n);
        expect(funded.kind === 'send' && funded.transfers.every(({ kind }) => kind === 'sweep')).toBe(true);
      }),
    );
  });

  it('leaves coin that is not worth its gas, and no other without a failure', () => {
    fc.assert(
      fc.property(seen, (look) => {
        const plan = planDeposit([], look);
        if (plan.kind !== 'end') return;
        expect(plan.failure).toBeNull();
        const coin = plan.left.find(({ token_address }) => token_address === null);
        if (coin === undefined) {
          expect(look.coinWei).toBe(0n);
          return;
        }
        const rest = look.coinWei - worstFeeWei(look.coinGas, look);
        expect(rest <= 0n || rest < COIN_WORTH_FACTOR * look.coinGas * look.feePerGasWei).toBe(true);
      }),
    );
  });

  it('ends, or waits for nodes to let go of a token: whatever becomes of what was submitted, and however often it could not be', () => {
    const fates = fc.array(fc.constantFrom('confirmed' as const, 'expired' as const, 'failed' as const), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(seen, fates, (look, list) => {
        let known: DepositMove[] = [];
        const next = [...list];
        for (let run = 0; run < list.length + 40; run += 1) {
          const plan = planDeposit(known, look);
          if (plan.kind !== 'send') return;
          for (const { amount, ...transfer } of plan.transfers) {
            const status = next.shift() ?? 'confirmed';
            const facts = { chain_id: 1, round: 1, transaction_id: 'tx', failure: null, block_number: null };
            known = withDepositMove(known, { ...facts, ...transfer, amount: `${amount}`, status });
          }
          // One row: what could not be submitted is not noted twice.
          expect(known.length).toBeLessThanOrEqual(2 * MAX_ATTEMPTS + ASSETS.length);
        }
        throw new Error('It goes on for ever');
      }),
    );
  });
});
