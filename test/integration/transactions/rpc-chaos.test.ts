import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createBreakers, createLocalBreakerStore } from '#shared/platform/breaker/breaker.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { createChainClients } from '#shared/platform/chain/chain-clients.ts';
import { type ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { newId } from '#shared/platform/ids.ts';
import { sleep } from '#shared/platform/retry.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import { type Anvil, startAnvil } from '#test/support/anvil.ts';
import { inWords, lostOf, successOf, type WorkFigures } from '#test/support/chaos/chaos-figures.ts';
import { laneTables, TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { queued, TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import type { MemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createTestSigner } from '#test/support/fakes/test-signer.ts';
import { askChain } from '#test/support/local-haven.ts';
import {
  CHAOS_FAULTS,
  type ChaosFault,
  type ChaosPercents,
  type ChaosProxy,
  startChaosProxy,
} from '#test/support/rpc-chaos-proxy.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

const BLOCK_MS = 500;
const CHAIN: ChainConfig = {
  ...TEST_CHAIN,
  block_time_ms: BLOCK_MS,
  required_confirmations: 2,
  in_flight_cap: 16,
  rpc_max_head_lag_blocks: 3,
  max_fee_per_gas_wei: '500000000000',
};
/** A call that takes longer than this is given up, so that delays cost a test little. */
const TIMEOUT_MS = 300;
/** One run of the lane worker; each begins with clients of its own, as a new function instance does. */
const RUN_MS = 8_000;
/** Several times what it takes; then something is stuck. */
const WITHIN_MS = 150_000;
/** With the chain's start and end. */
const TEST_MS = WITHIN_MS + 30_000;
/** Of a hundred requests about thirty go wrong. */
const PERCENTS: ChaosPercents = {
  drop: 4,
  lose_answer: 5,
  delay: 2,
  late_request: 2,
  duplicate: 4,
  already_known: 6,
  forget: 2,
  wrong_chain: 15,
  stale_head: 5,
  refuse_batch: 4,
};

const blockSchema = z.object({
  result: z.object({ transactions: z.array(z.object({ from: z.string(), nonce: z.string(), value: z.string() })) }),
});

/** What the account really sent, block by block, asked of the chain itself. */
async function sentOnChain(anvil: Anvil): Promise<readonly { readonly nonce: number; readonly value: number }[]> {
  const { result } = z.object({ result: z.string() }).parse(await askChain(anvil.rpcUrl, 'eth_blockNumber', []));
  const found: { nonce: number; value: number }[] = [];
  for (let number = 0; number <= Number(result); number += 1) {
    const block = await askChain(anvil.rpcUrl, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, true]);
    for (const { from, nonce, value } of blockSchema.parse(block).result.transactions) {
      if (from.toLowerCase() !== TEST_WALLET.address.toLowerCase()) continue;
      found.push({ nonce: Number(nonce), value: Number(value) });
    }
  }
  return found;
}

const rowSchema = z.object({ sk: z.literal('TX'), status: z.string(), attempts: z.array(z.unknown()) });
const itemSchema = z.record(z.string(), z.custom<AttributeValue>());

function transactionsOf(dynamo: MemoryDynamo) {
  return dynamo.items('ledger').flatMap((item) => rowSchema.safeParse(unmarshall(itemSchema.parse(item))).data ?? []);
}

function countByStatus(dynamo: MemoryDynamo): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of transactionsOf(dynamo)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** What became of all that were asked for; what was signed more than once was done on retry. */
function figuresOf(asked: number, dynamo: MemoryDynamo): WorkFigures {
  const all = transactionsOf(dynamo);
  const done = all.filter(({ status }) => status === 'confirmed');
  const atOnce = done.filter(({ attempts }) => attempts.length === 1).length;
  return { asked, atOnce, onRetry: done.length - atOnce, toldOf: 0, open: all.length - done.length };
}

/** Drives a lane of that many transactions to its end, with a new instance's knowledge of its endpoints in each run. */
async function driveAll(count: number, proxies: readonly ChaosProxy[], seed: number, withinMs: number) {
  const all = Array.from({ length: count }, (_, index) =>
    queued(index + 1, { required_confirmations: CHAIN.required_confirmations }),
  );
  const { store, dynamo } = laneTables(all, { next_nonce: null, version: 0 });
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const random = seededRandom(seed);
  const shared = createLocalBreakerStore();
  const deps: Omit<LaneDependencies, 'clients'> = {
    store,
    wallets: { identity: async () => TEST_WALLET },
    chains: new ChainRegistry([CHAIN]),
    signer: createTestSigner(),
    newId,
    clock: systemClock,
    sleep,
    log: log.log,
    metrics: metrics.metrics,
  };
  const endpoints = proxies.map(({ url }, index) => ({ url, name: `chaos-${index + 1}` }));
  const until = Date.now() + withinMs;
  while (Date.now() < until && countByStatus(dynamo)['confirmed'] !== count) {
    const clients = createChainClients(async () => ({ [CHAIN.chain_id]: endpoints }), log.log, {
      breakers: createBreakers({
        store: shared,
        policy: { ...DEFAULT_POLICY, openMs: 1_000 },
        clock: systemClock,
        newProbeId: () => `probe-${random()}`,
        log: log.log,
        metrics: metrics.metrics,
      }),
      chains: [CHAIN],
      timeoutMs: TIMEOUT_MS,
      random,
    });
    // A run that fails leaves its kick in the queue, which gives it to the next one.
    const drive = countedJob(deps, () =>
      driveLane({ ...deps, clients }, TEST_LANE, 'chaos', Deadline.in(RUN_MS, systemClock)),
    );
    const run = await drive({}, undefined).catch(() => undefined);
    if (run?.kind === 'due') await sleep(Math.min(run.inMs, 200));
  }
  const { JobRan = 0, JobFailed = 0 } = metrics.counts();
  const runs = { job: 'lane-worker', ran: JobRan, failed: JobFailed, killed: 0 };
  return { counts: countByStatus(dynamo), work: figuresOf(count, dynamo), runs };
}

/** A chain of its own, on which the test wallet has plenty. */
async function fundedChain(): Promise<Anvil> {
  const anvil = await startAnvil({ blockTimeSeconds: BLOCK_MS / 1_000 });
  await askChain(anvil.rpcUrl, 'anvil_setBalance', [TEST_WALLET.address, '0x56bc75e2d63100000']);
  return anvil;
}

describe('through endpoints that drop, delay, double, forget and lie', () => {
  it.each([
    ['two endpoints', 200, [101, 202]],
    ['an only endpoint', 200, [404]],
  ] as const)(
    'of %s, %i transactions are sent once each, in their order, with consecutive nonces',
    async (name, count, seeds) => {
      const anvil = await fundedChain();
      const options = { target: anvil.rpcUrl, percents: PERCENTS, delayMs: TIMEOUT_MS * 2, staleBlocks: 8 };
      const proxies = await Promise.all(seeds.map((seed) => startChaosProxy({ ...options, seed })));
      try {
        const { counts, work, runs } = await driveAll(count, proxies, seeds[0], WITHIN_MS);
        const happened = (fault: ChaosFault) => proxies.reduce((sum, proxy) => sum + proxy.counts[fault], 0);
        const faults = Object.fromEntries(CHAOS_FAULTS.map((fault) => [fault, happened(fault)]));
        process.stdout.write(`\n  ${inWords(`transactions by ${name}`, work, [{ ...runs, faults }])}\n`);
        expect(counts).toEqual({ confirmed: count });
        expect({ success: successOf(work), lost: lostOf(work) }).toEqual({ success: 1, lost: 0 });
        const sent = await sentOnChain(anvil);
        expect(sent.map(({ nonce }) => nonce)).toEqual(Array.from({ length: count }, (_, nonce) => nonce));
        // A transaction's value names it: none is missing, none is there twice.
        expect(sent.map(({ value }) => value)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
        expect(CHAOS_FAULTS.filter((fault) => happened(fault) === 0)).toEqual([]);
      } finally {
        await Promise.all(proxies.map((proxy) => proxy.close()));
        await anvil.stop();
      }
    },
    TEST_MS,
  );
});
