import type { BenchReport, ReportTable } from '../bench.ts';
import { costPicoUsd, formatUsd, pricedNames, prices, totalPicoUsd } from '../prices.ts';
import type { Spread } from '../statistics.ts';
import type { BundleFigures } from './bundle-times.ts';
import type { Verdict } from './chain-scan.ts';
import { consumptionPerTransaction } from './lane-cost.ts';
import type { DriverSteps, LaneFigures } from './lanes-bench.ts';
import { COUNTED_BATCHES, type OperationCounts } from './operation-counts.ts';

/** Everything the bench of lanes found. */
export interface LanesFindings {
  readonly rounds: number;
  readonly figures: readonly LaneFigures[];
  readonly verdicts: readonly (Verdict & { readonly contender: string })[];
  readonly driverSteps: readonly DriverSteps[];
  readonly counts: readonly OperationCounts[];
  readonly bundles: readonly BundleFigures[];
}

/** Tables of the findings, and the findings. */
export function lanesReport(findings: LanesFindings): BenchReport {
  const tables = [
    timesTable(findings),
    verdictTable(findings),
    ...findings.driverSteps.map(stepsTable),
    countsTable(findings.counts),
    costTable(findings.counts),
    bundlesTable(findings.bundles),
  ];
  const costs = COUNTED_BATCHES.map((batch) => ({
    batch,
    perTransaction: consumptionPerTransaction(findings.counts, batch),
  }));
  return { tables, data: { ...findings, costs } };
}

/** Three percentiles in one cell. */
function spread({ p50, p95, p99 }: Spread): string {
  return [p50, p95, p99].map((value) => value.toFixed(0)).join(' / ');
}

function timesTable({ rounds, figures }: LanesFindings): ReportTable {
  const sorted = [...figures].sort((a, b) => a.atOnce - b.atOnce);
  return {
    title: 'One wallet sending HAVEN transfers',
    text: `Milliseconds, p50 / p95 / p99 of a round; medians over ${rounds} rounds. Blocks come once a second.`,
    columns: [
      'At once',
      'Who',
      'Accept',
      'Accepted → broadcast',
      'Asked → broadcast',
      'Accepted → confirmed',
      'Mined per second',
    ],
    rows: sorted.map(({ atOnce, contender, medians }) => [
      String(atOnce),
      contender,
      spread(medians.acceptMs),
      spread(medians.toBroadcastMs),
      spread(medians.askedToBroadcastMs),
      spread(medians.toConfirmedMs),
      medians.minedPerSecond.toFixed(1),
    ]),
  };
}

function verdictTable({ verdicts }: LanesFindings): ReportTable {
  return {
    title: 'What the chain says',
    text: 'Every block read again at the end; each transfer is recognised by its amount.',
    columns: ['Who', 'Asked', 'Mined', 'Lost', 'Doubled', 'Nonce gaps', 'Nonce duplicates'],
    rows: verdicts.map(({ contender, asked, mined, lost, doubled, nonceGaps, nonceDuplicates }) => [
      contender,
      ...[asked, mined, lost, doubled, nonceGaps, nonceDuplicates].map(String),
    ]),
  };
}

function stepsTable({ atOnce, steps }: DriverSteps): ReportTable {
  return {
    title: `What Haven's driver waits for, ${atOnce} at once`,
    text: 'The driver in process with the cap lifted, from acceptance to confirmation of the last one; reads of the fee history and the gas run side by side.',
    columns: ['Step', 'Times', 'Median ms', 'All ms'],
    rows: steps.map(({ step, perRun, medianMs, totalMsPerRun }) => [
      step,
      perRun.toFixed(1),
      medianMs.toFixed(1),
      totalMsPerRun.toFixed(0),
    ]),
  };
}

function countsTable(counts: readonly OperationCounts[]): ReportTable {
  return {
    title: 'AWS calls and billed units',
    text: 'Calls as the SDK clients make them; units by the model of bench/capacity-model.ts. Confirming includes looking for newly queued work each 100 ms while blocks are awaited, so its reads vary with time.',
    columns: ['Operation', 'Calls', 'Table write units', 'Index write units', 'Read units', 'Failed writes'],
    rows: counts.map(({ operation, calls, units }) => [
      operation,
      Object.entries(calls)
        .map(([name, count]) => `${count} ${name.replace(/Command$/, '')}`)
        .sort()
        .join(', '),
      ...[units.tableWriteUnits, units.indexWriteUnits, units.readUnits, units.failedWrites].map(String),
    ]),
  };
}

function costTable(counts: readonly OperationCounts[]): ReportTable {
  const consumptions = COUNTED_BATCHES.map((batch) => consumptionPerTransaction(counts, batch));
  const THOUSAND = 1_000;
  return {
    title: 'Cost of 1,000 transactions, USD',
    text: 'List prices of us-east-1 (bench/prices.ts), without the free tier. Alone: each transaction has a run of the lane worker to itself. In tens: ten share one.',
    columns: ['What', 'Each', 'Alone', 'Alone, USD', 'In tens', 'In tens, USD'],
    rows: [
      ...pricedNames().map((name) => [
        prices[name].unit,
        'per transaction',
        ...consumptions.flatMap((consumption) => {
          const amount = consumption[name] ?? 0;
          return [Number(amount.toFixed(2)).toString(), formatUsd(costPicoUsd(name, amount * THOUSAND))];
        }),
      ]),
      ['All', '', ...consumptions.flatMap((each) => ['', formatUsd(totalPicoUsd(each) * BigInt(THOUSAND))])],
    ],
  };
}

function bundlesTable(bundles: readonly BundleFigures[]): ReportTable {
  return {
    title: 'Bundles',
    text: 'All modules of each function, and the median of seven imports in new processes.',
    columns: ['Function', 'KB', 'Import, ms'],
    rows: bundles.map(({ name, bytes, importMs }) => [name, (bytes / 1000).toFixed(0), importMs.toFixed(0)]),
  };
}
