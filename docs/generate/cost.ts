import { orderUse, transactionUses } from '../../bench/cost/cost.ts';
import {
  type CountedOperation,
  EVENT_UNITS,
  MEASURED_GB_SECONDS,
  ORDER_STEPS,
  TRANSACTION_OPERATIONS,
} from '../../bench/cost/counted.ts';
import {
  type Consumption,
  costPicoUsd,
  formatUsd,
  PRICES_SINCE,
  type Priced,
  pricedNames,
  prices,
  totalPicoUsd,
} from '../../bench/prices.ts';
import { GENERATED_NOTE, table } from './markdown.ts';

const THOUSAND = 1_000;

/** docs/cost.md: what a thousand orders and a thousand transactions cost, from what was counted and list prices. */
export function buildCost(): string {
  const order = orderUse();
  const transactions = transactionUses();
  const [alone, together] = transactions.map(({ consumption }) => formatTotal(consumption));
  return `${[
    GENERATED_NOTE,
    '# Cost',
    `A thousand orders cost **USD ${formatTotal(order)}**; a thousand transactions **USD ${alone}** each by itself, **USD ${together}** ten at once. Calls and units are counted, and held against their tables in code by a test ` +
      '(`bench/cost/counted.ts`, `test/integration/costs`): whoever makes Haven dearer changes this page. Prices are list prices ' +
      `of us-east-1, on demand, without the free tier, as AWS publishes them since ${PRICES_SINCE} or longer; look at the pages before you decide by them. Only the seconds of Lambda are measured (on ` +
      `${MEASURED_GB_SECONDS.measuredOn}, [performance.md](performance.md)): they are a machine's, not a count.`,
    '## A thousand orders',
    'One line, an e-mail address, paid on a chain by one payment that is seen before it is final; from the cart to the completed order, the rate limits of each request included.',
    table(['What', 'Amount', 'USD'], costRows([order])),
    'Not counted: what finds payments on the chain (it grows with blocks, not with orders), the key of the deposit wallet, mail, and the transactions of sweeps and refunds (below).',
    '## A thousand transactions',
    'Transfers of a token, from the request to the confirmation, on a chain with a block each second, for which the worker stays; where the next look is more than three seconds away it leaves, which costs fewer ' +
      'reads and seconds, and a few more requests of SQS and Lambda.',
    table(['What', 'Alone', 'USD', 'With 9 others', 'USD'], costRows(transactions.map((one) => one.consumption))),
    "Not counted: what doesn't grow with transactions (the KMS key, schedules, Lambda's polling of idle queues, alarms), the authorizer (its answer is kept for 25 seconds), logs, storage, backups, WAF, and the RPC provider.",
    'A transaction of which integrators are told (`tell_events`) has two events on its way, as a rule. Each is a row in a write that is made anyway: no call more, ' +
      `${EVENT_UNITS.tableWriteUnits} write units of the table and ${EVENT_UNITS.indexWriteUnits} of an index; to take it up are as many once more and a read. That is ` +
      `**USD ${formatTotal({ dynamoWriteUnit: 2 * 2 * (EVENT_UNITS.tableWriteUnits + EVENT_UNITS.indexWriteUnits), dynamoReadUnit: 2 })}** for a thousand, and what is delivered besides. Others pay nothing for it.`,
    '## What was counted',
    "Calls of Haven's own code, in functions that have run before. A unit of a table's write within a transaction counts twice.",
    countsTable('Step of an order', ORDER_STEPS),
    countsTable('Operation on transactions', TRANSACTION_OPERATIONS),
    '## Prices',
    table(
      ['What', 'Page'],
      pricedNames().map((name) => [prices[name].unit, `<${prices[name].source}>`]),
    ),
  ].join('\n\n')}\n`;
}

function costRows(each: readonly Consumption[]): readonly (readonly string[])[] {
  const isUsed = (name: Priced) => each.some((consumption) => (consumption[name] ?? 0) > 0);
  return [
    ...pricedNames()
      .filter(isUsed)
      .map((name) => [
        prices[name].unit,
        ...each.flatMap((consumption) => {
          const amount = (consumption[name] ?? 0) * THOUSAND;
          return [Number(amount.toFixed(2)).toString(), formatUsd(costPicoUsd(name, amount))];
        }),
      ]),
    ['All', ...each.flatMap((consumption) => ['', formatTotal(consumption)])],
  ];
}

function formatTotal(consumption: Consumption): string {
  return formatUsd(totalPicoUsd(consumption) * BigInt(THOUSAND));
}

function countsTable(what: string, counted: readonly CountedOperation[]): string {
  return table(
    [what, 'Calls', 'Table write units', 'Index write units', 'Read units'],
    counted.map(({ operation, calls, units }) => [
      operation,
      Object.entries(calls)
        .map(([name, count]) => `${count} ${name.replace(/Command$/, '')}`)
        .sort()
        .join(', '),
      ...[units.tableWriteUnits, units.indexWriteUnits, units.readUnits].map(String),
    ]),
  );
}
