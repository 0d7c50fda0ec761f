import { shardOf } from '#shared/platform/dynamo/shard-of.ts';
import { type LaneKey, type LaneState, laneName, openLanePartition } from './lane/lane.ts';
import type { Transaction } from './transaction.ts';

/** Keys and index attributes of this domain's items in the ledger table. docs/data-model.md lists what they serve. */

/** The transaction itself. */
export function transactionKey(id: string) {
  return { pk: `TX#${id}`, sk: 'TX' };
}

/** Signed bytes of one attempt, apart from the transaction, so that a list of attempts stays small. */
export function signedBytesKey(id: string, hash: string) {
  return { pk: `TX#${id}`, sk: `SIGNED#${hash}` };
}

/** The partition of a lane: its state, then its queue in the order of acceptance. */
export function lanePartition(key: LaneKey): string {
  return `LANE#${laneName(key)}`;
}

/** The state of a lane; sorts before its queue. */
export function laneKey(key: LaneKey) {
  return { pk: lanePartition(key), sk: 'LANE' };
}

/** One transaction's place in the queue of its lane. */
export function queueKey(key: LaneKey, transactionId: string) {
  return { pk: lanePartition(key), sk: `QUEUE#${transactionId}` };
}

/** One item per reference, so that none is used twice. */
export function referenceKey(reference: string) {
  return { pk: `REFERENCE#${reference}`, sk: 'REFERENCE' };
}

/** Partitions of the list of all transactions: one would be hot at 1,000 accepted a second. */
export const TRANSACTION_LIST_SHARDS = 4;

/** A partition of gsi1 that lists all transactions. */
export function transactionListShard(shard: number): string {
  return `TRANSACTIONS#${shard}`;
}

/** The partition of gsi2 that lists one wallet's transactions. */
export function walletTransactions(walletId: string): string {
  return `TRANSACTIONS#${walletId}`;
}

/** The partition of gsi3 that lists the transactions in one status. */
export function statusTransactions(status: string): string {
  return `TRANSACTIONS#${status}`;
}

/** The item of a transaction. */
export function transactionItem(transaction: Transaction) {
  const shard = shardOf(transaction.id, TRANSACTION_LIST_SHARDS);
  return {
    ...transactionKey(transaction.id),
    ...transaction,
    gsi1pk: transactionListShard(shard),
    gsi1sk: transaction.id,
    gsi2pk: walletTransactions(transaction.wallet_id),
    gsi2sk: transaction.id,
    gsi3pk: statusTransactions(transaction.status),
    gsi3sk: transaction.id,
  };
}

/** The partition of gsi2 that lists the lanes of one chain, by wallet. */
export function chainLanes(chainId: number): string {
  return `LANES#${chainId}`;
}

/** The item of a lane: in the index of open lanes while it has anything in flight, in that of its chain for ever. */
export function laneItem(lane: LaneState) {
  const ofChain = { gsi2pk: chainLanes(lane.chain_id), gsi2sk: lane.wallet_id };
  const open = { gsi1pk: openLanePartition(lane), gsi1sk: laneName(lane) };
  return { ...laneKey(lane), ...lane, ...ofChain, ...(lane.in_flight.length > 0 ? open : {}) };
}

/** The item of a place in a lane's queue: in the index of open lanes as long as it exists. */
export function queueItem(key: LaneKey, walletId: string, transactionId: string) {
  return {
    ...queueKey(key, transactionId),
    wallet_id: walletId,
    transaction_id: transactionId,
    gsi1pk: openLanePartition(key),
    gsi1sk: `${laneName(key)}#${transactionId}`,
  };
}
