import type { ReportTable } from '../bench.ts';
import { callsOf } from '../lanes/lane-cost.ts';
import type { OperationCounts } from '../lanes/operation-counts.ts';
import {
  type Consumption,
  costPicoUsd,
  formatUsd,
  PRICES_SINCE,
  pricedNames,
  prices,
  totalPicoUsd,
} from '../prices.ts';
import { LIMITS, type OrderStep } from './order-counts.ts';

/** Of the storefront and orders API; lib/stacks/api sets it. */
const API_MEMORY_GB = 0.5;
const THOUSAND = 1_000;

/** What one order uses of AWS, from its cart to its completion: its steps, and before each request its rate limits. */
export function orderConsumption(steps: readonly OrderStep[]): Consumption {
  const parts = [
    ...steps.filter(({ operation }) => !isLimits(operation)),
    ...steps.flatMap(({ askedBy }) => (askedBy === null ? [] : [stepNamed(steps, LIMITS[askedBy])])),
  ];
  const sum = (measure: (counted: OperationCounts) => number) =>
    parts.reduce((total, counted) => total + measure(counted), 0);
  const requests = steps.filter(({ askedBy }) => askedBy !== null).length;
  return {
    dynamoWriteUnit: sum(({ units }) => units.tableWriteUnits + units.indexWriteUnits),
    dynamoReadUnit: sum(({ units }) => units.readUnits),
    apiRequest: requests,
    lambdaRequest: requests,
    lambdaGigabyteSecond: sum(({ durationMs }) => (durationMs / 1_000) * API_MEMORY_GB),
  };
}

function isLimits(operation: string): boolean {
  return operation === LIMITS.customer || operation === LIMITS.operator;
}

function stepNamed(steps: readonly OrderStep[], name: string): OrderStep {
  const found = steps.find(({ operation }) => operation === name);
  if (found === undefined) throw new Error(`${name} was not counted`);
  return found;
}

/** What each step calls and is billed. */
export function orderStepsTable(steps: readonly OrderStep[]): ReportTable {
  return {
    title: 'AWS calls and billed units of an order of one line',
    text: 'Calls of Haven’s own code to DynamoDB; units by the model of `bench/capacity-model.ts`. Each request has its rate limits besides, in the first two rows.',
    columns: ['Step', 'Calls', 'Table write units', 'Index write units', 'Read units'],
    rows: steps.map(({ operation, calls, units }) => [
      operation,
      String(callsOf(calls)),
      String(units.tableWriteUnits),
      String(units.indexWriteUnits),
      String(units.readUnits),
    ]),
  };
}

/** What a thousand orders cost. */
export function orderCostTable(consumption: Consumption): ReportTable {
  const used = pricedNames().filter((name) => (consumption[name] ?? 0) > 0);
  return {
    title: 'Cost of 1,000 orders, in USD',
    text: `From the cart to the completed order, without what finds payments on the chain, deposit wallets, mail and sweeps. List prices of us-east-1, on demand, as published since ${PRICES_SINCE} or longer; Lambda’s time is that of this machine.`,
    columns: ['What', 'Amount', 'USD'],
    rows: [
      ...used.map((name) => {
        const amount = (consumption[name] ?? 0) * THOUSAND;
        return [prices[name].unit, Number(amount.toFixed(2)).toString(), formatUsd(costPicoUsd(name, amount))];
      }),
      ['All', '', formatUsd(totalPicoUsd(consumption) * BigInt(THOUSAND))],
    ],
  };
}
