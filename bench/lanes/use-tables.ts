import type { ReportTable } from '../bench.ts';
import { costPicoUsd, formatUsd, PRICES_SINCE, pricedNames, prices, totalPicoUsd } from '../prices.ts';
import type { BundleFigures } from './bundle-times.ts';
import type { LanesFindings } from './findings.ts';
import type { PerTransaction } from './lane-cost.ts';
import type { OperationCounts } from './operation-counts.ts';
import type { StorePace } from './store-pace.ts';
import { number } from './times-tables.ts';

const THOUSAND = 1_000;

/** The tables of what Haven uses of AWS, what that costs, and what its functions weigh. */
export function useTables(
  { counts, pace, bundles, floor }: LanesFindings,
  each: readonly PerTransaction[],
): readonly ReportTable[] {
  return [
    countsTable(counts),
    perTransactionTable(each),
    paceTable(pace),
    costTable(each),
    bundlesTable(bundles, floor),
  ];
}

function countsTable(counts: readonly OperationCounts[]): ReportTable {
  return {
    title: 'AWS calls and billed units of each operation',
    text: 'Calls as the SDK clients make them, in functions that have run before; units by the model of `bench/capacity-model.ts`. Signing begins with the two reads that load the lane. While blocks are awaited, the worker looks each 100 ms for newly queued work, so the reads of confirming vary with the time it takes.',
    columns: ['Operation', 'Calls', 'Table write units', 'Index write units', 'Read units', 'Failed writes'],
    rows: counts.map(({ operation, calls, units }) => [
      operation,
      Object.entries(calls)
        .map(([name, count]) => `${count} ${name.replace(/Command$/, '')}`)
        .sort()
        .join(', '),
      ...[units.tableWriteUnits, units.indexWriteUnits, units.readUnits, units.failedWrites].map((count) =>
        String(count),
      ),
    ]),
  };
}

function paceTable({ transactions, writes, items, durationMs, perSecond }: StorePace): ReportTable {
  return {
    title: 'The pace of the endpoint',
    text: `All that is stored for ${transactions} transfers, from accepting to confirming: items of the same number and size, in as many DynamoDB transactions, written one after another by a process that does nothing else while the endpoint does nothing else. Who stores each step before the next can't be faster here, whatever the code does.`,
    columns: ['DynamoDB transactions', 'Items', 'All, ms', 'An item, ms', 'Transfers a second, at most'],
    rows: [[String(writes), String(items), number(durationMs), number(durationMs / items, 2), number(perSecond, 1)]],
  };
}

function perTransactionTable(each: readonly PerTransaction[]): ReportTable {
  return {
    title: 'AWS calls and billed units of one transaction',
    text: 'From the API request to the confirmation, rate limits included.',
    columns: ['Accepted, sent and confirmed', 'AWS calls', 'of them KMS', 'Write units', 'Read units'],
    rows: each.map(({ batch, awsCalls, kmsCalls, writeUnits, readUnits }) => [
      batch === 1 ? 'alone' : `with ${batch - 1} others`,
      ...[awsCalls, kmsCalls, writeUnits, readUnits].map(trimmed),
    ]),
  };
}

function costTable(each: readonly PerTransaction[]): ReportTable {
  const sources = new Set(pricedNames().map((name) => prices[name].source));
  return {
    title: 'Cost of 1,000 transactions, in USD',
    text: `List prices of us-east-1, on demand, without the free tier, as AWS publishes them since ${PRICES_SINCE} or longer, written down and not read again on the day: ${[...sources].map((url) => `<${url}>`).join(', ')}.`,
    columns: [
      'What',
      ...each.flatMap(({ batch }) => (batch === 1 ? ['Alone', 'USD'] : [`With ${batch - 1} others`, 'USD'])),
    ],
    rows: [
      ...pricedNames().map((name) => [
        prices[name].unit,
        ...each.flatMap(({ consumption }) => {
          const amount = consumption[name] ?? 0;
          return [trimmed(amount * THOUSAND), formatUsd(costPicoUsd(name, amount * THOUSAND))];
        }),
      ]),
      ['All', ...each.flatMap(({ consumption }) => ['', formatUsd(totalPicoUsd(consumption) * BigInt(THOUSAND))])],
    ],
  };
}

function bundlesTable(bundles: readonly BundleFigures[], floor: LanesFindings['floor']): ReportTable {
  return {
    title: 'Bundles',
    text: `All modules of each function, and how long importing them takes in a process that has done nothing else: ${bundles[0]?.importMs?.count ?? 0} processes each. Starting Node itself is not part of it.`,
    columns: ['Function', 'KB', 'Import, median ms', 'Min', 'Max'],
    rows: [...bundles, { ...floor, name: 'nothing but the DynamoDB client and zod' }].map(
      ({ name, bytes, importMs }) => [
        name,
        number(bytes / 1000),
        ...[importMs?.median, importMs?.min, importMs?.max].map((value) => number(value)),
      ],
    ),
  };
}

/** At most two decimals, and none that say nothing. */
function trimmed(amount: number): string {
  return Number(amount.toFixed(2)).toString();
}
