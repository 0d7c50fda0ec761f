import type { CapacityUsage } from '../capacity-recorder.ts';
import type { OrderStep } from '../checkout/order-counts.ts';
import type { OperationCounts } from '../lanes/operation-counts.ts';

/**
 * What Haven uses of AWS, counted: calls by the SDK's own middleware, units by `bench/capacity-model.ts`. test/integration/costs counts it all
 * again and holds it against these tables, and docs/cost.md is made of them: a change that costs more, or less, changes them.
 */

/** A step of an order, without its time. */
export type CountedStep = Omit<OrderStep, 'durationMs'>;

/** An operation on transactions, without its time. */
export type CountedOperation = Omit<OperationCounts, 'durationMs'>;

function used(tableWriteUnits: number, indexWriteUnits: number, readUnits: number): CapacityUsage {
  return { tableWriteUnits, indexWriteUnits, readUnits, failedWrites: 0 };
}

/** An order of one line, with an e-mail address, paid on a chain by one payment that is seen before it is final. */
export const ORDER_STEPS: readonly CountedStep[] = [
  {
    operation: "rate limits of a customer's request",
    transactions: 1,
    calls: { UpdateItemCommand: 1 },
    units: used(1, 0, 0),
    askedBy: null,
  },
  {
    operation: "rate limits of an operator's request",
    transactions: 1,
    calls: { UpdateItemCommand: 2 },
    units: used(2, 0, 0),
    askedBy: null,
  },
  {
    operation: 'make a cart',
    transactions: 1,
    calls: { TransactWriteItemsCommand: 1 },
    units: used(4, 1, 0),
    askedBy: 'customer',
  },
  {
    operation: 'set its line',
    transactions: 1,
    calls: { GetItemCommand: 1, BatchGetItemCommand: 1, TransactWriteItemsCommand: 1 },
    units: used(2, 2, 2),
    askedBy: 'customer',
  },
  {
    operation: 'check it out',
    transactions: 1,
    calls: { BatchGetItemCommand: 2, TransactWriteItemsCommand: 1 },
    units: used(28, 9, 6),
    askedBy: 'customer',
  },
  {
    operation: 'show the order',
    transactions: 1,
    calls: { QueryCommand: 1 },
    units: used(0, 0, 1),
    askedBy: 'customer',
  },
  {
    operation: 'settle: its payment is seen',
    transactions: 1,
    calls: { QueryCommand: 1, TransactWriteItemsCommand: 1 },
    units: used(12, 7, 1),
    askedBy: null,
  },
  {
    operation: 'settle: its payment is confirmed',
    transactions: 1,
    calls: { QueryCommand: 1, TransactWriteItemsCommand: 1 },
    units: used(12, 5, 1),
    askedBy: null,
  },
  {
    operation: 'fulfil it',
    transactions: 1,
    calls: { QueryCommand: 1, TransactWriteItemsCommand: 1 },
    units: used(14, 5, 1),
    askedBy: 'operator',
  },
  {
    operation: 'complete it',
    transactions: 1,
    calls: { QueryCommand: 1, TransactWriteItemsCommand: 1 },
    units: used(10, 4, 1),
    askedBy: 'operator',
  },
];

/** Transfers of a token, alone and ten at once, on a chain with a block each second of which three make one final. */
export const TRANSACTION_OPERATIONS: readonly CountedOperation[] = [
  { operation: 'rate limits of one request', transactions: 1, calls: { UpdateItemCommand: 2 }, units: used(2, 0, 0) },
  {
    operation: 'accept 1',
    transactions: 1,
    calls: { TransactWriteItemsCommand: 1, SendMessageCommand: 1 },
    units: used(8, 5, 0),
  },
  {
    operation: 'sign and submit 1',
    transactions: 1,
    calls: { QueryCommand: 1, BatchGetItemCommand: 1, DecryptCommand: 1, TransactWriteItemsCommand: 2 },
    units: used(24, 10, 5),
  },
  {
    operation: 'confirm 1',
    transactions: 1,
    calls: { QueryCommand: 32, BatchGetItemCommand: 6, TransactWriteItemsCommand: 3 },
    units: used(18, 7, 56),
  },
  {
    operation: 'accept 10',
    transactions: 10,
    calls: { TransactWriteItemsCommand: 10, SendMessageCommand: 10 },
    units: used(80, 50, 0),
  },
  {
    operation: 'sign and submit 10',
    transactions: 10,
    calls: { QueryCommand: 1, BatchGetItemCommand: 1, DecryptCommand: 1, TransactWriteItemsCommand: 2 },
    units: used(168, 73, 14),
  },
  {
    operation: 'confirm 10',
    transactions: 10,
    calls: { QueryCommand: 32, BatchGetItemCommand: 6, TransactWriteItemsCommand: 3 },
    units: used(162, 61, 110),
  },
];

/** What an event of a transaction adds to the write that it is of: its notice, and the notice's place among those that wait. */
export const EVENT_UNITS = { tableWriteUnits: 2, indexWriteUnits: 1 };

/** The operations in each of which something happens to every transaction that integrators are told of. */
const WITH_EVENT = /^(?:sign and submit|confirm) /;

/** The same of transactions of which integrators are told: in the same calls, a notice of each event. */
export const TOLD_TRANSACTION_OPERATIONS: readonly CountedOperation[] = TRANSACTION_OPERATIONS.map((counted) => {
  const { operation, transactions, units } = counted;
  if (!WITH_EVENT.test(operation)) return counted;
  const tableWriteUnits = units.tableWriteUnits + transactions * EVENT_UNITS.tableWriteUnits;
  const indexWriteUnits = units.indexWriteUnits + transactions * EVENT_UNITS.indexWriteUnits;
  return { ...counted, units: { ...units, tableWriteUnits, indexWriteUnits } };
});

/**
 * Seconds of Lambda, times the gigabytes of its memory: the only figures of a cost that are measured, and so no test holds them. On the machine of
 * docs/performance.md, of the local endpoint; for transactions with one-second blocks, for which the worker stays.
 */
export const MEASURED_GB_SECONDS = {
  measuredOn: '2026-11-22',
  order: 0.1,
  transactionAlone: 2.13,
  transactionWithNineOthers: 0.195,
} as const;
