import { describe, expect, it } from 'vitest';
import { REPLACE_AFTER_BLOCKS } from '#shared/transactions/lane/replacement.ts';
import { createLaneBench } from '#test/support/model/lane-bench.ts';
import { MODEL_GAS } from '#test/support/model/model-chain.ts';

const GWEI = 10n ** 9n;
/** Mainnet's pace: a run ends after its broadcast. */
const SLOW_CHAIN = { block_time_ms: 12_000 };
const PATIENCE_MS = REPLACE_AFTER_BLOCKS.standard * SLOW_CHAIN.block_time_ms;
/** What a transfer is signed for while fees are usual: 3 gwei per gas. */
const USUAL_WEI = 3n * GWEI * MODEL_GAS;

describe('money that a replacement is promised', () => {
  it.each([
    ['is held back from what is sent in the same pass', 0n, { status: 'queued', waiting_for: 'funds' }],
    ['leaves the rest to what is sent in the same pass', USUAL_WEI / 10n, { status: 'submitted', waiting_for: null }],
  ])('%s', async (_name, extraWei, expected) => {
    const bench = createLaneBench({ chain: SLOW_CHAIN, balanceWei: 2n * USUAL_WEI + 10n + extraWei });
    bench.chain.stall(REPLACE_AFTER_BLOCKS.standard + 2);
    bench.accept(1);
    await bench.run();
    bench.pass(PATIENCE_MS);
    bench.accept(2);
    await bench.run();
    expect(bench.transaction(1).attempts).toHaveLength(2);
    expect(bench.transaction(2)).toMatchObject(expected);
  });
});
