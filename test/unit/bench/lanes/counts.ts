import type { OperationCounts } from '../../../../bench/lanes/operation-counts.ts';

function counted(
  operation: string,
  transactions: number,
  calls: OperationCounts['calls'],
  [tableWriteUnits, indexWriteUnits, readUnits]: readonly [number, number, number],
  durationMs: number,
): OperationCounts {
  const units = { tableWriteUnits, indexWriteUnits, readUnits, failedWrites: 0 };
  return { operation, transactions, calls, units, durationMs };
}

const SIGN = { QueryCommand: 1, BatchGetItemCommand: 1, DecryptCommand: 1, TransactWriteItemsCommand: 2 };

/** Counts as the bench makes them, of round numbers. */
export const COUNTS: readonly OperationCounts[] = [
  counted('rate limits of one request', 1, { UpdateItemCommand: 2 }, [2, 0, 0], 10),
  counted('accept 1', 1, { TransactWriteItemsCommand: 1, SendMessageCommand: 1 }, [10, 4, 0], 30),
  counted('sign and submit 1', 1, SIGN, [20, 5, 3], 100),
  counted('confirm 1', 1, { QueryCommand: 10, TransactWriteItemsCommand: 2 }, [14, 5, 10], 900),
  counted('accept 10', 10, { TransactWriteItemsCommand: 10, SendMessageCommand: 10 }, [100, 40, 0], 300),
  counted('sign and submit 10', 10, SIGN, [160, 50, 10], 200),
  counted('confirm 10', 10, { QueryCommand: 8, TransactWriteItemsCommand: 2 }, [120, 40, 40], 800),
];
