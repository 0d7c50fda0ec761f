import { performance } from 'node:perf_hooks';
import { addWallet, makeWallet } from '#shared/custody/create-wallet.ts';
import { takeFromPool } from '#shared/custody/deposit-pool/leave-pool.ts';
import { refillPool } from '#shared/custody/deposit-pool/refill-pool.ts';
import { withDepositWallet } from '#shared/custody/deposit-pool/take-deposit-wallet.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { createLabTables } from '#test/support/lane-lab/lab-tables.ts';
import type { LocalHaven } from '#test/support/local-haven.ts';
import { poolParts } from '#test/support/pool-processes.ts';
import type { ReportTable } from '../bench.ts';
import { callsOf } from '../lanes/lane-cost.ts';
import { number } from '../lanes/times-tables.ts';
import { costPicoUsd, formatUsd } from '../prices.ts';
import { percentile } from '../statistics.ts';

/** Opens connections and warms the curve library's tables up. */
const WARM_UP_ROUNDS = 3;
/** The most that one refill makes. */
const REFILLED = 200;

/** What it takes to give an order a deposit wallet. */
interface WalletCost {
  readonly way: string;
  readonly medianMs: number;
  readonly p95Ms: number;
  /** AWS calls a wallet. */
  readonly calls: number;
  readonly kmsCalls: number;
  /** Of a thousand wallets, KMS alone. */
  readonly picoUsdPer1000: bigint;
}

/**
 * Measures what a checkout would take to make an order's deposit wallet itself, what it takes to take one from the pool, and
 * what the pool's function takes to make one, in this process on tables of its own.
 */
export async function poolBench(
  haven: LocalHaven,
  rounds: number,
): Promise<{ readonly table: ReportTable; readonly data: unknown }> {
  const tables = await createLabTables(haven.info.awsEndpointUrl);
  try {
    const parts = await inProcess(haven, { tables: tables.names });
    const made = await measure(parts, 'made by the checkout itself', rounds, () => makeOne(parts));
    const filled = await measureRefill(parts);
    const taken = await measure(parts, 'taken from the pool', rounds, () => takeOne(parts));
    const costs = [made, taken, filled];
    return {
      table: costTable(costs),
      data: costs.map((cost) => ({ ...cost, picoUsdPer1000: cost.picoUsdPer1000.toString() })),
    };
  } finally {
    await tables.drop();
  }
}

const deadline = () => Deadline.in(60_000, systemClock);

async function makeOne(parts: InProcess): Promise<void> {
  const deps = poolParts(parts, REFILLED);
  const made = await makeWallet(deps, { purpose: 'deposit', custody: 'envelope', label: null, tags: {} });
  const write = new WriteTransaction();
  addWallet(write, deps.tables, made, parts.context());
  await write.commit(parts.client, deadline());
}

async function takeOne(parts: InProcess): Promise<void> {
  const deps = { ...poolParts(parts, REFILLED), kicker: { kick: async () => undefined } };
  await withDepositWallet(deps, deadline(), async (pooled) => {
    const write = new WriteTransaction();
    const by = { actor: 'bench', requestId: 'bench' };
    takeFromPool(write, parts.tables, pooled, 'ord_bench', by, isoTime(systemClock()));
    await write.commit(parts.client, deadline());
  });
}

async function measure(
  parts: InProcess,
  way: string,
  rounds: number,
  run: () => Promise<unknown>,
): Promise<WalletCost> {
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) await run();
  parts.calls.reset();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now();
    await run();
    times.push(performance.now() - startMs);
  }
  return costOf(parts, way, rounds, percentile(times, 50), percentile(times, 95));
}

/** Of a whole refill: what one wallet of it takes, eight being made at once. */
async function measureRefill(parts: InProcess): Promise<WalletCost> {
  parts.calls.reset();
  const startMs = performance.now();
  const { pooled } = await refillPool(poolParts(parts, REFILLED), 'bench', deadline());
  const eachMs = (performance.now() - startMs) / pooled;
  return costOf(parts, 'made by the pool, eight at once', pooled, eachMs, eachMs);
}

function costOf(parts: InProcess, way: string, wallets: number, medianMs: number, p95Ms: number): WalletCost {
  const counted = parts.calls.snapshot();
  const kmsCalls = callsOf(counted, ['GenerateDataKeyCommand']) / wallets;
  const calls = callsOf(counted) / wallets;
  return { way, medianMs, p95Ms, calls, kmsCalls, picoUsdPer1000: costPicoUsd('kmsRequest', 1_000 * kmsCalls) };
}

function costTable(costs: readonly WalletCost[]): ReportTable {
  return {
    title: 'A deposit wallet for an order, with and without the pool',
    text: 'In this process, one after another, but for the pool itself: of that the time is the refill by its wallets. On the local endpoint: its time is not that of AWS. Calls and prices are.',
    columns: ['The wallet is', 'Median, ms', 'p95, ms', 'AWS calls', 'KMS calls', 'KMS for 1,000 wallets, USD'],
    rows: costs.map(({ way, medianMs, p95Ms, calls, kmsCalls, picoUsdPer1000 }) => [
      way,
      number(medianMs, 1),
      number(p95Ms, 1),
      number(calls, 1),
      number(kmsCalls, 1),
      formatUsd(picoUsdPer1000),
    ]),
  };
}
