import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FundsReader } from '#shared/custody/policy/cover.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type Transaction, type TransactionStatus, transactionSchema } from '#shared/transactions/transaction.ts';
import { advance, type TransactionPatch } from '#shared/transactions/transition.ts';
import { TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { attemptOf, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { storedPolicy } from '#test/support/fakes/policies.ts';
import { createSpendingDesk } from '#test/support/fakes/spending-desk.ts';

const BY = { actor: 'lane-worker', request_id: 'invocation-1' };

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(
      ...Array<'accept'>(6).fill('accept'),
      ...Array<'mine'>(3).fill('mine'),
      ...Array<'block'>(4).fill('block'),
      ...Array<'settle'>(3).fill('settle'),
      'deposit',
      'fail',
    ),
    amount: fc.integer({ min: 1, max: 400 }),
    /** Blocks that the node which is asked lags behind the one that the lane worker sees. */
    lag: fc.nat(4),
    /** Whether nodes have the state of old blocks. */
    keeps: fc.boolean(),
  }),
  { minLength: 10, maxLength: 60 },
);
type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

/** A wallet on a chain whose blocks are kept in mind, balance by balance. At no price, so that amounts are exact. */
function createWorld() {
  const desk = createSpendingDesk(storedPolicy({ require_balance: true, max_fee_per_gas: '0' }));
  const balances = [0n, 0n, 500n];
  const ids: string[] = [];
  let now: Pick<Step, 'lag' | 'keeps'> = { lag: 0, keeps: true };
  let refused = 0;

  const head = () => balances.length - 1;
  const balance = () => balances.at(-1) ?? 0n;
  const after = (blockNumber: number) => ({ blockNumber, balanceWei: balances[blockNumber] ?? 0n });
  const funds: FundsReader = {
    newest: async () => after(Math.max(0, head() - now.lag)),
    async final(_account, newest) {
      const blockNumber = newest.blockNumber - TEST_CHAIN.required_confirmations + 1;
      return now.keeps && blockNumber >= 0 ? after(blockNumber) : undefined;
    },
  };
  const { accept, store } = desk.openProcess(funds);
  const all = () => ids.map((id) => transactionSchema.parse(desk.rowOf({ pk: `TX#${id}`, sk: 'TX' })));
  const first = (...statuses: TransactionStatus[]) => all().find(({ status }) => statuses.includes(status));

  async function become(
    before: Transaction,
    to: TransactionStatus,
    patch: TransactionPatch = {},
  ): Promise<Transaction> {
    const stored = await store.load(TEST_LANE);
    const transition = advance(before, to, patch, isoTime(desk.clock.now()), BY);
    if (stored !== undefined) {
      await store.apply(stored.lane, [transition], [], Deadline.in(1_000, desk.clock.now));
    }
    return transition.after;
  }

  const doing: Record<Step['kind'], (step: Step) => Promise<void>> = {
    async accept({ amount }) {
      try {
        ids.push((await accept({ value: String(amount) })).id);
      } catch (error) {
        if (!(error instanceof HavenError) || !['INSUFFICIENT_BALANCE', 'RPC_CONNECTION'].includes(error.code))
          throw error;
        refused += 1;
      }
    },
    async mine() {
      const one = first('queued');
      if (one === undefined) return;
      const attempt = attemptOf(0);
      const signed = await become(one, 'signed', { nonce: 0, hash: attempt.hash, attempts: [attempt] });
      balances.push(balance() - BigInt(one.value));
      await become(signed, 'mined', { block_number: head(), gas_used: '0', effective_gas_price: '0' });
    },
    async block() {
      balances.push(balance());
    },
    async settle() {
      const one = first('mined');
      const depth = head() - (one?.block_number ?? 0) + 1;
      if (one !== undefined && depth >= TEST_CHAIN.required_confirmations) await become(one, 'confirmed');
    },
    async deposit({ amount }) {
      balances.push(balance() + BigInt(amount));
    },
    async fail() {
      const one = first('queued');
      if (one !== undefined) await become(one, 'failed');
    },
  };

  return {
    async run(step: Step) {
      now = step;
      await doing[step.kind](step);
    },
    refused: () => refused,
    accepted: () => ids.length,
    /** What is left when all that is accepted has moved. */
    spare: () =>
      all()
        .filter(({ status }) => status === 'queued')
        .reduce((left, { value }) => left - BigInt(value), balance()),
  };
}

describe('a required balance', () => {
  it('covers all that is accepted at all times, whatever is mined, ends and is looked at late', async () => {
    const seen = { refused: 0, accepted: 0 };
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = createWorld();
        for (const step of all) {
          await world.run(step);
          expect(world.spare() >= 0n).toBe(true);
        }
        seen.refused += world.refused();
        seen.accepted += world.accepted();
      }),
      { seed: 36, numRuns: 400 },
    );
    expect([seen.refused > 100, seen.accepted > 100]).toEqual([true, true]);
  }, 120_000);
});
