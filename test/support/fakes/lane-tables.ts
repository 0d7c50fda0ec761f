import { custodyKey } from '#shared/custody/custody-state.ts';
import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { type LaneState, newLane } from '#shared/transactions/lane/lane.ts';
import type { LaneStore } from '#shared/transactions/lane/lane-store.ts';
import { laneItem, queueItem, transactionItem } from '#shared/transactions/ledger-items.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { TEST_CHAIN, TEST_WALLET, unusedCustody } from './ledger-transactions.ts';
import { createMemoryDynamo, type MemoryDynamo } from './memory-dynamo.ts';
import { createScriptedAws, type ScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

/** The lane of the test wallet on the test chain. */
export const TEST_LANE = { chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address };

/** The real lane store before tables in memory. */
export interface LaneTables {
  readonly store: LaneStore;
  readonly aws: ScriptedAws;
  readonly dynamo: MemoryDynamo;
  /** The lane as it was put there. */
  readonly state: LaneState;
}

/**
 * Makes tables with one lane.
 *
 * @param transactions those with a nonce are in flight, the others in the queue
 * @param lane what differs; version 0: it was never driven
 */
export function laneTables(transactions: readonly Transaction[], lane: Partial<LaneState> = {}): LaneTables {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], audit: ['pk', 'seq'], logs: ['pk', 'sk'] });
  const in_flight = transactions.flatMap(({ id, nonce }) => (nonce === null ? [] : [{ id, nonce }]));
  const state: LaneState = { ...newLane(TEST_LANE, TEST_WALLET.id), next_nonce: 9, version: 3, in_flight, ...lane };
  if (state.version > 0) dynamo.put('ledger', laneItem(state));
  dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody() });
  for (const transaction of transactions) {
    dynamo.put('ledger', transactionItem(transaction));
    if (transaction.nonce === null) dynamo.put('ledger', queueItem(TEST_LANE, TEST_WALLET.id, transaction.id));
  }
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const store = createLaneStore(scriptedDocumentClient(aws), { ledger: 'ledger', audit: 'audit', logs: 'logs' });
  return { store, aws, dynamo, state };
}
