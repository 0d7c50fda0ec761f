import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_BATCH_INTENTS } from '#shared/transactions/batch/batch-record.ts';
import { createBatchDesk, type Death, intent, OTHER_CHAIN, OTHER_WALLET } from '#test/support/fakes/batch-desk.ts';
import { batchTraces, brokenBatchLaws } from '#test/support/fakes/batch-laws.ts';
import { TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const RUNS = 60;
const A_MINUTE_MS = 60_000;

const deaths: fc.Arbitrary<Death | undefined> = fc.option(
  fc.record({ atCall: fc.nat({ max: 6 }), tookEffect: fc.boolean() }),
  { nil: undefined },
);
const intents = fc.array(
  fc
    .record({
      walletId: fc.constantFrom(TEST_WALLET.id, OTHER_WALLET.id),
      chainId: fc.constantFrom(TEST_CHAIN.chain_id, OTHER_CHAIN.chain_id),
      reference: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { nil: null }),
    })
    .map(intent),
  { minLength: 1, maxLength: MAX_BATCH_INTENTS },
);
/** One of three clients with a key of its own posts a batch, again perhaps; or the schedule runs. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('post' as const), batch: fc.nat({ max: 2 }), death: deaths }),
  fc.record({ kind: fc.constant('schedule' as const), death: deaths }),
);

it('whatever dies where and whoever tries again, batches are whole or not there, and a reference has one owner', async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(intents, intents, intents), fc.array(step, { maxLength: 8 }), async (batches, steps) => {
      const desk = createBatchDesk();
      for (const each of steps) {
        const process = desk.process(each.death);
        const done =
          each.kind === 'post' ? process.accept(batches[each.batch] ?? [], `key-${each.batch}`) : process.finishOpen();
        // Refused, answered as before, or dead: the laws say what may be left behind.
        await done.catch(() => undefined);
        desk.clock.advance(A_MINUTE_MS);
        expect(brokenBatchLaws(desk.dynamo)).toEqual([]);
      }
      await desk.process().finishOpen();
      expect(brokenBatchLaws(desk.dynamo)).toEqual([]);
      expect(batchTraces(desk.dynamo).open).toBe(0);
    }),
    { seed: 20_261_122, numRuns: RUNS },
  );
});
