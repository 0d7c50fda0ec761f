import { describe, expect, it } from 'vitest';
import { createOpenLanes, kickOpenLanes } from '#shared/transactions/lane/kick-open-lanes.ts';
import { type LaneKey, newLane, OPEN_LANE_SHARDS } from '#shared/transactions/lane/lane.ts';
import { laneItem, queueItem } from '#shared/transactions/ledger-items.ts';
import { TEST_RECIPIENT, TEST_WALLET, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createRecordingKicker } from '#test/support/fakes/recording-kicker.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const LANE = { chain_id: 1, address: TEST_WALLET.address };
const OTHER_CHAIN = { chain_id: 11, address: TEST_WALLET.address };
const OTHER_ADDRESS = { chain_id: 1, address: TEST_RECIPIENT };

/** Lanes with that many places in their queues, and something in flight or not. */
function ledgerWith(lanes: readonly { readonly key: LaneKey; readonly queue: number; readonly open: boolean }[]) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'] });
  for (const { key, queue, open } of lanes) {
    const lane = { ...newLane(key, TEST_WALLET.id), in_flight: open ? [{ nonce: 0, id: transactionId(1) }] : [] };
    dynamo.put('ledger', laneItem(lane));
    for (let n = 0; n < queue; n += 1) dynamo.put('ledger', queueItem(key, TEST_WALLET.id, transactionId(n)));
  }
  const aws = createScriptedAws((request) => dynamo.answer(request));
  return { aws, lanes: createOpenLanes(scriptedDocumentClient(aws), 'ledger') };
}

const byName = (lanes: readonly LaneKey[]) => lanes.map(({ chain_id, address }) => `${chain_id} ${address}`).toSorted();

describe('lanes with work', () => {
  it('are those with a queue, with something in flight, or with both, each once', async () => {
    const { lanes } = ledgerWith([
      { key: LANE, queue: 3, open: false },
      { key: OTHER_CHAIN, queue: 0, open: true },
      { key: OTHER_ADDRESS, queue: 2, open: true },
    ]);
    expect(byName(await lanes.list()).map((name) => name.toLowerCase())).toEqual(
      byName([LANE, OTHER_CHAIN, OTHER_ADDRESS]).map((name) => name.toLowerCase()),
    );
  });

  it('are named as everywhere: the address with its checksum', async () => {
    const { lanes } = ledgerWith([{ key: LANE, queue: 1, open: false }]);
    expect(await lanes.list()).toEqual([LANE]);
  });

  it('are none when all lanes are at rest', async () => {
    const { lanes } = ledgerWith([{ key: LANE, queue: 0, open: false }]);
    expect(await lanes.list()).toEqual([]);
  });

  it('cost one small read per shard and one per lane, however long its queue is', async () => {
    const { aws, lanes } = ledgerWith([
      { key: LANE, queue: 40, open: true },
      { key: OTHER_CHAIN, queue: 25, open: true },
    ]);
    await lanes.list();
    expect(aws.requests).toHaveLength(OPEN_LANE_SHARDS + 2);
    for (const { body } of aws.requests) expect(body).toMatchObject({ IndexName: 'gsi1', Limit: 1 });
  });

  it('are not found by an entry that names no lane: better no kicks than wrong ones', async () => {
    const aws = createScriptedAws(() => ({ body: { Items: [{ gsi1sk: { S: 'nonsense' } }] } }));
    await expect(createOpenLanes(scriptedDocumentClient(aws), 'ledger').list()).rejects.toThrow();
  });
});

describe('the schedule', () => {
  it('kicks every lane with work and says how many', async () => {
    const { kicker, calls } = createRecordingKicker();
    const open = { list: async () => [LANE, OTHER_CHAIN] };
    expect(await kickOpenLanes(open, kicker)).toBe(2);
    expect(calls).toEqual([
      { kind: 'kick', lane: LANE, cause: 'schedule' },
      { kind: 'kick', lane: OTHER_CHAIN, cause: 'schedule' },
    ]);
  });
});
