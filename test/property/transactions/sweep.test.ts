import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SweepMove } from '#shared/custody/lifecycle/sweep.ts';
import { failureOf, MAX_ATTEMPTS, movableWei, planMoves, settledMove } from '#shared/transactions/sweep/plan-moves.ts';
import { transactionStatusSchema } from '#shared/transactions/transaction.ts';
import { isFinal } from '#shared/transactions/transition.ts';

const TOKEN = `0x${'7'.repeat(40)}`;
const ASSETS = [null, TOKEN] as const;
const RUNS = { seed: 20_261_122, numRuns: 500 };
const wei = fc.bigInt({ min: 0n, max: 10n ** 27n });

describe('a sweep', () => {
  it('never has two moves of an asset under way, none after one arrived or was refused, and gives up a coin', () => {
    const look = fc.record({
      balances: fc.tuple(wei, wei),
      ends: fc.array(fc.constantFrom(...transactionStatusSchema.options), { minLength: 2, maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 20 }), (looks) => {
        let moves: readonly SweepMove[] = [];
        for (const { balances, ends } of looks) {
          moves = moves.map((move) => {
            const status = ends[move.token_address === null ? 0 : 1] ?? 'queued';
            return settledMove(move, { status, failure: null });
          });
          const holdings = ASSETS.map((token_address, index) => ({ token_address, amount: balances[index] ?? 0n }));
          const planned = planMoves(moves, holdings).map(
            ({ token_address, amount, attempt }): SweepMove => ({
              chain_id: 1,
              token_address,
              amount: amount.toString(),
              attempt,
              transaction_id: 'tx_1',
              status: 'open',
              failure: null,
            }),
          );
          moves = [...moves, ...planned];
        }
        for (const asset of ASSETS) {
          const own = moves.filter(({ token_address }) => token_address === asset);
          expect(own.map(({ attempt }) => attempt)).toEqual(own.map((_, index) => index + 1));
          if (asset === null) expect(own.length).toBeLessThanOrEqual(MAX_ATTEMPTS);
          expect(own.slice(0, -1).every(({ status }) => status === 'expired')).toBe(true);
        }
        const last = ASSETS.map((asset) => moves.findLast(({ token_address }) => token_address === asset));
        const allArrived = last.every((move) => move === undefined || move.status === 'confirmed');
        if (last.every((move) => move?.status !== 'open')) expect(failureOf(moves) === null).toBe(allArrived);
      }),
      RUNS,
    );
  });

  it('takes from a transaction only its end', () => {
    fc.assert(
      fc.property(fc.constantFrom(...transactionStatusSchema.options), (status) => {
        const open: SweepMove = {
          ...{ chain_id: 1, token_address: null, amount: '1', attempt: 1, transaction_id: 'tx_1' },
          ...{ status: 'open' as const, failure: null },
        };
        expect(settledMove(open, { status, failure: null }) === open).toBe(!isFinal(status));
      }),
      RUNS,
    );
  });

  it('sends of a coin what leaves enough for its transfer at twice the price, or at the cap, and wastes no more', () => {
    fc.assert(
      fc.property(wei, fc.bigInt(21_000n, 100_000n), wei, wei, (balanceWei, gas, feeWei, capWei) => {
        const movable = movableWei(balanceWei, gas, feeWei, capWei);
        const dearest = 2n * feeWei < capWei ? 2n * feeWei : capWei;
        if (movable === 0n) expect(balanceWei).toBeLessThanOrEqual(gas * dearest);
        else expect(movable + gas * dearest).toBe(balanceWei);
      }),
      RUNS,
    );
  });
});
