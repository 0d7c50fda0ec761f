import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import type { JsonRpc, OtherAnswer, RpcCall, RpcOutcome } from './json-rpc.ts';
import { numberQuantity } from './quantities.ts';
import { type Receipt, receiptSchema } from './receipt.ts';
import { RpcTransportError } from './rpc-errors.ts';

/** What another endpoint is asked about an account. */
export interface SecondQuestion {
  readonly address: string;
  /** Hashes of transactions whose receipts matter. */
  readonly receipts: readonly string[];
  /** Hashes of transactions of which it matters whose they are and where. */
  readonly transactions: readonly string[];
}

/** A transaction as a node knows it. */
export interface SeenTransaction {
  readonly from: string;
  readonly nonce: number;
  /** null: it is in no block. */
  readonly blockNumber: number | null;
}

/** What another endpoint says; what it doesn't know is absent. */
export interface SecondLook {
  readonly head: { readonly number: number; readonly timestampSeconds: number };
  /** Transactions of the account in the latest block's state. */
  readonly latestCount: number;
  readonly receipts: ReadonlyMap<string, Receipt>;
  readonly transactions: ReadonlyMap<string, SeenTransaction>;
}

/** Providers take batches of 100; head, count and the question for the chain come on top. */
export const MAX_SECOND_QUESTIONS = 90;

/** The head of a chain as a second opinion needs it. */
export const headSchema = z
  .object({ number: numberQuantity, timestamp: numberQuantity })
  .transform(({ number, timestamp }) => ({ number, timestampSeconds: timestamp }));

const transactionSchema = z
  .object({ from: z.string(), nonce: numberQuantity, blockNumber: numberQuantity.nullable() })
  .nullable();

/**
 * Asks an endpoint other than some, in one request, what it knows of an account and its transactions: at its own head,
 * because a second opinion is worth something only when it is its own.
 *
 * @param besides names of endpoints
 */
export function secondLook(
  rpc: JsonRpc,
  { address, receipts, transactions }: SecondQuestion,
  besides: ReadonlySet<string>,
  deadline: Deadline,
): Promise<OtherAnswer<SecondLook>> {
  if (rpc.askOther === undefined) return Promise.resolve({ kind: 'only' });
  const calls: readonly RpcCall[] = [
    { method: 'eth_getBlockByNumber', params: ['latest', false] },
    { method: 'eth_getTransactionCount', params: [address, 'latest'] },
    ...receipts.map((hash): RpcCall => ({ method: 'eth_getTransactionReceipt', params: [hash] })),
    ...transactions.map((hash): RpcCall => ({ method: 'eth_getTransactionByHash', params: [hash] })),
  ];
  const read = ([head, count, ...others]: readonly RpcOutcome[]): SecondLook => ({
    head: saidBy(head, headSchema),
    latestCount: saidBy(count, numberQuantity),
    receipts: found(receipts, others.slice(0, receipts.length), receiptSchema.nullable()),
    transactions: found(transactions, others.slice(receipts.length), transactionSchema),
  });
  return rpc.askOther(besides, calls, read, deadline);
}

function found<T>(
  hashes: readonly string[],
  outcomes: readonly RpcOutcome[],
  schema: z.ZodType<T | null>,
): ReadonlyMap<string, T> {
  return new Map(
    hashes.flatMap((hash, index) => {
      const value = saidBy(outcomes[index], schema);
      return value === null ? [] : [[hash, value] as const];
    }),
  );
}

/**
 * What another endpoint says.
 *
 * @throws RpcTransportError when that is nothing usable
 */
export function saidBy<T>(outcome: RpcOutcome | undefined, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(outcome?.ok === true ? outcome.result : undefined);
  if (!parsed.success) throw new RpcTransportError('The endpoint gives no usable second opinion', parsed.error);
  return parsed.data;
}
