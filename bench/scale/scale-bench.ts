import { localHaven } from '#test/support/local-haven.ts';
import type { BenchContext, BenchReport, ReportTable } from '../bench.ts';
import { withoutLaneKicker } from '../lanes/deployed-kicker.ts';
import { number } from '../lanes/times-tables.ts';
import { type BatchRate, measureBatches } from './batch-rates.ts';
import { measureRecovery, type RecoveryCost } from './recovery-cost.ts';
import { measureWallets, type WalletRates } from './wallet-rates.ts';

/** Enough for a median; some five minutes on two cores. */
const DEFAULT_ROUNDS = 3;

/** Measures one wallet beside twenty, a batch of ten beside ten singles, and what a hundred kills cost. */
export async function scaleBench({ rounds = DEFAULT_ROUNDS, say }: BenchContext): Promise<BenchReport> {
  const haven = localHaven();
  return withoutLaneKicker(haven.info.awsEndpointUrl, async () => {
    const wallets = await measureWallets(haven, rounds, say);
    const batches = await measureBatches(haven, rounds, say);
    const recovery = await measureRecovery(haven, say);
    return {
      tables: [walletsTable(wallets), batchesTable(batches), recoveryTable(recovery)],
      data: { rounds, wallets, batches, recovery },
    };
  });
}

function walletsTable(rates: readonly WalletRates[]): ReportTable {
  return {
    title: 'One wallet and twenty',
    text: 'A hundred transfers asked for at once, spread over the wallets. A second: medians of the rounds, from the first one asked for until the node has the last one, and until the block with the last one is seen.',
    columns: ['Wallets', 'Who', 'Confirmed', 'Broadcast a second', 'Mined a second'],
    rows: rates.map(({ wallets, figures }) => [
      String(wallets),
      figures.contender,
      `${figures.confirmed} of ${figures.asked}`,
      number(figures.broadcastPerSecond?.median, 1),
      number(figures.minedPerSecond?.median, 1),
    ]),
  };
}

function batchesTable(rates: readonly BatchRate[]): ReportTable {
  return {
    title: 'A batch of ten and ten singles',
    text: 'Ten transfers of one wallet, accepted before, signed and handed to the node by the driver: in one pass, and in a pass each. Loading the lane is part of a pass.',
    columns: ['Signed together', 'All ten, ms', 'A second', 'AWS calls for all ten'],
    rows: rates.map(({ batch, tookMs, awsCalls }) => [
      String(batch),
      number(tookMs),
      number(10_000 / tookMs, 1),
      number(awsCalls),
    ]),
  };
}

function recoveryTable(costs: readonly RecoveryCost[]): ReportTable {
  return {
    title: 'The cost of recovery',
    text: 'A hundred times one transaction is accepted, and a process works the lane: until it is at rest, or until it is killed (SIGKILL) at an access drawn with a fixed seed; then one more, which lives. Calls of killed processes count. Every transaction is on the chain once in both. A worker that nobody kills looks at the chain until its transaction is confirmed, a killed one leaves that to the next.',
    columns: [
      'Kills',
      'AWS calls',
      'RPC requests',
      'AWS calls a transaction',
      "The last worker's AWS calls",
      'Its seconds',
    ],
    rows: costs.map(({ kills, transactions, awsCalls, rpcRequests, lastAwsCalls, lastSeconds }) => [
      String(kills),
      String(awsCalls),
      String(rpcRequests),
      number(awsCalls / transactions, 1),
      String(lastAwsCalls),
      number(lastSeconds),
    ]),
  };
}
