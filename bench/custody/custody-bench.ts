import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { WalletIdentity } from '#shared/custody/wallet.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import type { BenchContext, BenchReport, ReportTable } from '../bench.ts';
import { callsOf } from '../lanes/lane-cost.ts';
import { number } from '../lanes/times-tables.ts';
import { costPicoUsd, formatUsd, type Priced } from '../prices.ts';
import { percentile } from '../statistics.ts';
import { poolBench } from './pool-bench.ts';

const DEFAULT_ROUNDS = 30;
/** Opens connections and warms the curve library's tables up. */
const WARM_UP_ROUNDS = 3;
/** One, and the most that one claim of the lane worker signs. */
const BATCHES = [1, 10] as const;

/** Each tier, with what KMS charges for a use of it. */
const TIERS = [
  { custody: 'envelope', command: 'DecryptCommand', priced: 'kmsRequest' },
  { custody: 'kms', command: 'SignCommand', priced: 'kmsSignature' },
] as const satisfies readonly { custody: WalletIdentity['custody']; command: string; priced: Priced }[];

type Tier = (typeof TIERS)[number];

/** What signing so many digests at once takes in a tier. */
interface SigningCost {
  readonly tier: Tier['custody'];
  readonly batch: number;
  /** Milliseconds a batch. */
  readonly medianMs: number;
  readonly p95Ms: number;
  /** KMS calls a batch. */
  readonly kmsCalls: number;
  /** Of a thousand signatures, KMS alone. */
  readonly picoUsdPer1000: bigint;
}

/** What creating a wallet through the API takes in a tier. */
interface CreationCost {
  readonly tier: Tier['custody'];
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** Measures what the two tiers of custody take to make a wallet and to sign. */
export async function custodyBench({ rounds = DEFAULT_ROUNDS, say }: BenchContext): Promise<BenchReport> {
  const haven = localHaven();
  const parts = await inProcess(haven);
  const creation: CreationCost[] = [];
  const signing: SigningCost[] = [];
  for (const tier of TIERS) {
    say(`${tier.custody}: ${rounds} wallets`);
    const { wallet, cost } = await measureCreation(haven, tier, rounds);
    creation.push(cost);
    for (const batch of BATCHES) {
      say(`${tier.custody}: ${rounds} times ${batch} signatures`);
      signing.push(await measureSigning(parts, tier, wallet, batch, rounds));
    }
  }
  say(`deposit wallets: ${rounds} made, ${rounds} taken from the pool`);
  const pool = await poolBench(haven, rounds);
  const data = signing.map((row) => ({ ...row, picoUsdPer1000: row.picoUsdPer1000.toString() }));
  return {
    tables: [creationTable(creation), pool.table, signingTable(signing)],
    data: { rounds, creation, pool: pool.data, signing: data },
  };
}

async function timesOf(rounds: number, run: () => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round += 1) {
    const startMs = performance.now();
    await run();
    if (round >= WARM_UP_ROUNDS) times.push(performance.now() - startMs);
  }
  return times;
}

async function measureCreation(
  haven: LocalHaven,
  { custody }: Tier,
  rounds: number,
): Promise<{ readonly wallet: WalletIdentity; readonly cost: CreationCost }> {
  const create = () => haven.client.createWallet({ body: { purpose: 'treasury', custody } });
  const times = await timesOf(rounds, create);
  const { id, address, purpose } = await create();
  const cost = { tier: custody, medianMs: percentile(times, 50), p95Ms: percentile(times, 95) };
  return { wallet: { id, address, purpose, custody }, cost };
}

async function measureSigning(
  { lanes, calls }: InProcess,
  { custody, command, priced }: Tier,
  wallet: WalletIdentity,
  batch: number,
  rounds: number,
): Promise<SigningCost> {
  calls.reset();
  const digests = () => Array.from({ length: batch }, () => new Uint8Array(randomBytes(32)));
  const times = await timesOf(rounds, () => lanes.signer.sign(wallet, digests()));
  const kmsCalls = callsOf(calls.snapshot(), [command]) / (WARM_UP_ROUNDS + rounds);
  return {
    tier: custody,
    batch,
    medianMs: percentile(times, 50),
    p95Ms: percentile(times, 95),
    kmsCalls,
    picoUsdPer1000: costPicoUsd(priced, (1_000 * kmsCalls) / batch),
  };
}

function creationTable(costs: readonly CreationCost[]): ReportTable {
  return {
    title: 'Creating a wallet',
    text: 'Through the API, one after another. A wallet of the kms tier is a KMS key, which AWS charges for by the month (1 USD).',
    columns: ['Tier', 'Median, ms', 'p95, ms'],
    rows: costs.map(({ tier, medianMs, p95Ms }) => [tier, number(medianMs), number(p95Ms)]),
  };
}

function signingTable(costs: readonly SigningCost[]): ReportTable {
  return {
    title: 'Signing, by tier of custody',
    text: "The lane worker's signer in this process, on the local KMS: its time is not that of AWS. Calls and prices are.",
    columns: ['Tier', 'Digests at once', 'Median, ms', 'p95, ms', 'KMS calls', 'KMS for 1,000 signatures, USD'],
    rows: costs.map(({ tier, batch, medianMs, p95Ms, kmsCalls, picoUsdPer1000 }) => [
      tier,
      String(batch),
      number(medianMs, 1),
      number(p95Ms, 1),
      number(kmsCalls),
      formatUsd(picoUsdPer1000),
    ]),
  };
}
