import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { CountableClient } from '#shared/platform/aws/call-counter.ts';
import { itemBytes } from '../item-size.ts';
import { transactWriteInput } from '../recorded-calls.ts';
import { median } from '../statistics.ts';

/** What one DynamoDB transaction wrote: the bytes of each of its items. */
export type WriteShape = readonly number[];

/** How fast the endpoint takes what Haven must store for some transactions, when it is asked for nothing else. */
export interface StorePace {
  /** For how many transactions. */
  readonly transactions: number;
  /** DynamoDB transactions, and the items in all of them. */
  readonly writes: number;
  readonly items: number;
  /** Median of all writes one after another, milliseconds. */
  readonly durationMs: number;
  /** Transactions a second at that pace. */
  readonly perSecond: number;
}

const ROUNDS = 11;
/** What an item's key takes, and the least that a shape can have. */
const KEY_BYTES = 64;

const sentInput = z.object({ input: z.unknown() });

/** Notes the shape of every DynamoDB transaction of a client from now on. */
export function recordShapes(client: CountableClient): WriteShape[] {
  const shapes: WriteShape[] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      if (context.commandName === 'TransactWriteItemsCommand') {
        const { TransactItems } = transactWriteInput.parse(sentInput.parse(args).input);
        // What is only looked at is left out: it costs the endpoint less.
        shapes.push(TransactItems.filter(({ kind }) => kind !== 'check').map(({ keyed }) => itemBytes(keyed)));
      }
      return next(args);
    },
    { step: 'initialize', name: 'havenWriteShapes', override: true },
  );
  return shapes;
}

/**
 * Writes items of the same number and size in DynamoDB transactions of the same number, one after another and by nobody
 * else: no sender that stores each step before the next can be faster on this endpoint.
 *
 * @param shapes of all that was written for the transactions
 * @param table with keys `pk` and `sk`; the items stay in it
 */
export async function measureStorePace(
  client: DynamoDBDocumentClient,
  table: string,
  shapes: readonly WriteShape[],
  transactions: number,
): Promise<StorePace> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const pk = `BENCH#${randomUUID()}`;
    const began = performance.now();
    for (const [write, shape] of shapes.entries()) {
      const TransactItems = shape.map((bytes, item) => ({
        Put: {
          TableName: table,
          Item: { pk, sk: `${write}#${item}`, filling: 'x'.repeat(Math.max(0, bytes - KEY_BYTES)) },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      }));
      await client.send(new TransactWriteCommand({ TransactItems }));
    }
    times.push(performance.now() - began);
  }
  const durationMs = median(times);
  return {
    transactions,
    writes: shapes.length,
    items: shapes.reduce((sum, shape) => sum + shape.length, 0),
    durationMs,
    perSecond: (1_000 * transactions) / durationMs,
  };
}
