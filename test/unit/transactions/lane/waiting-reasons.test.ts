import { describe, expect, it } from 'vitest';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import { REPLACE_AFTER_BLOCKS } from '#shared/transactions/lane/replacement.ts';
import { FULL_LANE_SAID_AFTER_MS } from '#shared/transactions/lane/sending.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createTestSigner } from '#test/support/fakes/test-signer.ts';
import { type BenchOptions, createLaneBench } from '#test/support/model/lane-bench.ts';
import { MODEL_LANE } from '#test/support/model/lane-ledger.ts';
import { MODEL_DATA } from '#test/support/model/model-node.ts';

const BLOCK_MS = 12_000;
const SLOW_CHAIN = { block_time_ms: BLOCK_MS };
const PATIENCE_MS = REPLACE_AFTER_BLOCKS.standard * BLOCK_MS;

describe('a gap below what is signed', () => {
  /** A stranger uses nonce 0 and ours nonce 1; the stranger's leaves the chain for good, and then something is queued. */
  async function gapBelow(head: Parameters<ReturnType<typeof createLaneBench>['accept']>[1]) {
    const bench = createLaneBench({ chain: SLOW_CHAIN });
    bench.chain.poolStranger();
    bench.pass(BLOCK_MS);
    bench.accept(1);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', nonce: 1 });
    bench.chain.reorganise(1, true, true, bench.clock.now());
    bench.accept(2, head);
    bench.accept(3);
    for (let block = 0; block < 20; block += 1) {
      await bench.run();
      bench.pass(BLOCK_MS);
    }
    return bench;
  }

  it('is filled when the first in the queue reverts for all that can be told before the gap is closed', async () => {
    const bench = await gapBelow({ data: MODEL_DATA.refused });
    expect(bench.log.of('GAP_FILLED')).toMatchObject([{ nonces: [0] }]);
    expect([1, 2, 3].map((n) => bench.transaction(n).status)).toEqual(['confirmed', 'failed', 'confirmed']);
  });

  it('is filled by the first in the queue when that can be sent', async () => {
    const bench = await gapBelow({});
    expect(bench.log.of('GAP_FILLED')).toEqual([]);
    expect([1, 2, 3].map((n) => bench.transaction(n).status)).toEqual(['confirmed', 'confirmed', 'confirmed']);
  });
});

describe('what waits says why', () => {
  /** A signed transaction on a chain that mines nothing; it goes down from now on, until it is well. */
  async function unreachable() {
    let isDown = false;
    const bench = createLaneBench({
      chain: SLOW_CHAIN,
      answer: () => (isDown ? new RpcTransportError('down') : undefined),
    });
    bench.chain.stall(100);
    bench.accept(1);
    await bench.run();
    isDown = true;
    return { bench, mend: () => (isDown = false) };
  }

  it('when it is signed and nobody can look at the chain, until somebody can', async () => {
    const { bench, mend } = await unreachable();
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', waiting_for: 'circuit' });
    const { version } = bench.transaction(1);
    await bench.run();
    expect(bench.transaction(1).version).toBe(version);
    mend();
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', waiting_for: null });
  });

  it('in one write, when it is handed over again in the look that finds the chain', async () => {
    const { bench, mend } = await unreachable();
    bench.pass(20 * BLOCK_MS);
    await bench.run();
    expect(bench.transaction(1).waiting_for).toBe('circuit');
    mend();
    await bench.run();
    expect(bench.transaction(1).waiting_for).toBeNull();
    expect(bench.log.of('LANE_RACED')).toEqual([]);
  });

  it('when its chain has no endpoint', async () => {
    const bench = createLaneBench();
    const clients = { for: () => Promise.reject(new HavenError('CONFIGURATION', 'no endpoint')) };
    bench.accept(1);
    const within = Deadline.in(60_000, bench.clock.now);
    await caughtLater(HavenError, () => driveLane({ ...bench.deps, clients }, MODEL_LANE, 'invocation-1', within));
    expect(bench.transaction(1).waiting_for).toBe('circuit');
  });

  it('when its lane is full, once that has lasted', async () => {
    const bench = createLaneBench({ chain: { ...SLOW_CHAIN, in_flight_cap: 2 } });
    bench.chain.stall(100);
    for (let n = 1; n <= 3; n += 1) bench.accept(n);
    await bench.run();
    expect(bench.transaction(3)).toMatchObject({ status: 'queued', waiting_for: null });
    bench.pass(FULL_LANE_SAID_AFTER_MS);
    await bench.run();
    expect(bench.transaction(3)).toMatchObject({ status: 'queued', waiting_for: 'lane' });
  });
});

describe('a key that is refused when a transaction is to be signed anew', () => {
  it('is on record once however often it is tried, and the transaction says so', async () => {
    let isRefused = false;
    const real = createTestSigner();
    const signer: NonNullable<BenchOptions['signer']> = {
      sign: (...args) =>
        isRefused ? Promise.reject(new HavenError('KEY_DECRYPTION_FAILED', 'no')) : real.sign(...args),
    };
    const bench = createLaneBench({ chain: SLOW_CHAIN, signer });
    bench.chain.stall(1_000);
    bench.accept(1);
    await bench.run();
    isRefused = true;
    bench.pass(PATIENCE_MS);
    for (let run = 0; run < 5; run += 1) {
      await caughtLater(HavenError, () => bench.run());
      bench.pass(BLOCK_MS);
    }
    const entries = (bench.ledger.streams.get(TEST_WALLET.id) ?? []).map((entry) => auditEntrySchema.parse(entry));
    expect(entries.filter(({ action }) => action === 'key.refused')).toHaveLength(1);
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', waiting_for: 'custody' });
    expect(bench.metrics.counts()['TransactionReplaced']).toBeUndefined();
    isRefused = false;
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ waiting_for: null });
    expect(bench.transaction(1).attempts).toHaveLength(2);
  });
});
