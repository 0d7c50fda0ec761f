import { describe, expect, it } from 'vitest';
import { STOCK_REPORT_KEY } from '#shared/catalog/catalog-keys.ts';
import { circuitsCheck } from '#shared/monitors/checks/circuits.ts';
import { noncesCheck } from '#shared/monitors/checks/lanes.ts';
import { readOpenLanes } from '#shared/monitors/checks/open-lanes.ts';
import { openOrdersCheck } from '#shared/monitors/checks/orders.ts';
import { driftCheck } from '#shared/monitors/checks/stock.ts';
import { failedCheck, pendingCheck } from '#shared/monitors/checks/transactions.ts';
import { thresholdsSchema } from '#shared/monitors/thresholds.ts';
import { orderItem } from '#shared/orders/put-order.ts';
import { INITIAL_STATE } from '#shared/platform/breaker/breaker-state.ts';
import { breakerItem, createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { rowLoader } from '#shared/platform/dynamo/id-source.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import { laneItem, queueItem, transactionItem, transactionKey } from '#shared/transactions/ledger-items.ts';
import { createStatusStore } from '#shared/transactions/status/status-store.ts';
import { type Transaction, transactionSchema } from '#shared/transactions/transaction.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { queued, TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createMonitorBench } from '#test/support/fakes/monitor-bench.ts';
import { orderId, processorOrder, testOrder } from '#test/support/fakes/orders.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const MINUTE_MS = 60_000;
const THRESHOLDS = thresholdsSchema.parse({});
const ago = (minutes: number, nowMs = TEST_NOW_MS) => isoTime(nowMs - minutes * MINUTE_MS);
const deadline = () => Deadline.in(MINUTE_MS, () => TEST_NOW_MS);
const keys = ({ raised }: { readonly raised: readonly { readonly key: string }[] }) => raised.map(({ key }) => key);

function tables() {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], shop: ['pk', 'sk'], ephemeral: ['pk'] });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  return { dynamo, client: scriptedDocumentClient(aws), requests: aws.requests };
}

describe('circuits', () => {
  function stage(integrators: number) {
    const { dynamo, client, requests } = tables();
    const put = (id: string, status: 'open' | 'closed') => {
      const history = [{ from: 'closed' as const, to: status, at_ms: TEST_NOW_MS, cause: 'x' }];
      const record = { id, state: { ...INITIAL_STATE, status, history }, version: 1 };
      dynamo.put('ephemeral', breakerItem(record, TEST_NOW_MS));
    };
    for (let n = 0; n < integrators; n += 1) put(`webhook:whe_${String(n).padStart(26, '0')}`, 'open');
    for (const id of ['price:eth', 'rpc:1:primary', 'ses:email', 'webhook:pager', 'webhook:zulu']) put(id, 'open');
    const look = () =>
      circuitsCheck(createBreakerStore(client, 'ephemeral', () => TEST_NOW_MS)).look(TEST_NOW_MS, [], deadline());
    return { look, requests };
  }
  const OWN = ['webhook:zulu', 'webhook:pager', 'ses:email', 'rpc:1:primary', 'price:eth'].map(
    (id) => `circuits:${id}`,
  );

  it.each([0, 1, 99, 100, 350])('of Haven are seen beside %i of integrators', async (integrators) => {
    const { look, requests } = stage(integrators);
    const findings = await look();
    expect([keys(findings), findings.isComplete]).toEqual([OWN, true]);
    expect(requests.length).toBeLessThanOrEqual(5);
  });
});

describe('drift of stock', () => {
  const report = {
    ...{ checked_at: ago(2), complete: true, shards: 3, moving: [], moving_count: 0, by: 'x' },
    ...{ drifts: [{ sku: 'A', shard: 0, counted: 2, expected: 1, repaired: false }], drift_count: 1 },
  };
  const clean = { ...report, drifts: [], drift_count: 0 };

  it('is over when a look saw all stock, and not when it could not', async () => {
    const { dynamo, client } = tables();
    const { run, alerts } = createMonitorBench([driftCheck(client, 'shop')]);
    const blind = [
      { ...clean, complete: false },
      { ...clean, moving: [{ sku: 'A', shard: 0 }], moving_count: 1 },
    ];
    const seen: number[] = [];
    for (const one of [report, ...blind, clean]) {
      dynamo.put('shop', { ...STOCK_REPORT_KEY, ...one });
      await run();
      seen.push(alerts().length);
    }
    expect(seen).toEqual([1, 1, 1, 2]);
    expect(alerts()[0]).toMatchObject({ category: 'stock_drift', details: { drifts: [{ sku: 'A' }] } });
  });
});

describe('lanes', () => {
  const STARVED = '0x0000000000000000000000000000000000000001';
  const OTHER = '0x0000000000000000000000000000000000000002';
  /** Two lanes of one shard or of two: one with a long queue, whatever it waits for, and one with a single transaction. */
  function twoLanes(length: number, waiting_for: Transaction['waiting_for']) {
    const { dynamo, client } = tables();
    const put = (n: number, from: string, change: Partial<Transaction> = {}) => {
      const transaction = queued(n, { from, created_at: ago(20), ...change });
      dynamo.put('ledger', transactionItem(transaction));
      dynamo.put('ledger', queueItem({ chain_id: TEST_CHAIN.chain_id, address: from }, TEST_WALLET.id, transaction.id));
    };
    for (let n = 1; n <= length; n += 1) put(n, STARVED, n === 1 ? { waiting_for } : {});
    put(length + 1, OTHER);
    const queues = {
      lanes: () => readOpenLanes(client, 'ledger'),
      transactions: rowLoader(client, 'ledger', transactionKey, transactionSchema),
    };
    const pending = pendingCheck(createStatusStore(client, 'ledger'), queues, [], THRESHOLDS);
    return { dynamo, client, look: () => pending.look(TEST_NOW_MS, [], deadline()) };
  }
  const keyOf = (address: string) => `transactions_pending:${TEST_CHAIN.chain_id}#${address}`;

  it('with a long queue that waits for funds hide no other, and are left out with all of it', async () => {
    const findings = await twoLanes(150, 'funds').look();
    expect([keys(findings), findings.isComplete]).toEqual([[keyOf(OTHER)], true]);
  });

  it('with a long queue that gets no further are told of beside others', async () => {
    const findings = await twoLanes(150, null).look();
    expect([keys(findings), findings.isComplete]).toEqual([[keyOf(STARVED), keyOf(OTHER)], true]);
  });

  it('with queues beyond what a query reads are each seen, with the oldest of each', async () => {
    const { client, dynamo } = tables();
    const addresses = Array.from({ length: 12 }, (_, n) => `0x${String(n + 1).padStart(40, '0')}`);
    const id = (n: number) => `tx_${String(n).padStart(8, '0')}`;
    for (const [lane, address] of addresses.entries())
      for (let n = 0; n < (lane < 2 ? 1_100 : 1); n += 1)
        dynamo.put('ledger', queueItem({ chain_id: 1, address }, TEST_WALLET.id, id(n)));
    const { heads, truncated } = await readOpenLanes(client, 'ledger');
    expect([[...heads].toSorted(), truncated]).toEqual([addresses.map((address) => [`1#${address}`, id(0)]), false]);
  });

  it('whose nonces do not add up are seen beside those with long queues', async () => {
    const { client, dynamo } = twoLanes(1_100, 'funds');
    const lane = newLane({ chain_id: TEST_CHAIN.chain_id, address: OTHER }, TEST_WALLET.id);
    dynamo.put('ledger', laneItem({ ...lane, unexplained: 3, version: 1 }));
    const findings = await noncesCheck(client, 'ledger').look(TEST_NOW_MS, [], deadline());
    expect([keys(findings), findings.isComplete]).toEqual([
      [`nonces:${TEST_CHAIN.chain_id}#${OTHER}:unexplained`],
      true,
    ]);
  });

  it('of a chain that stands still are one alert, and one when it goes on', async () => {
    const { dynamo, client } = tables();
    const queues = {
      lanes: () => readOpenLanes(client, 'ledger'),
      transactions: rowLoader(client, 'ledger', transactionKey, transactionSchema),
    };
    const check = pendingCheck(createStatusStore(client, 'ledger'), queues, [], THRESHOLDS);
    const { run, clock, alerts, conditions } = createMonitorBench([check]);
    const put = (lanes: number, status: 'submitted' | 'confirmed') => {
      for (let n = 1; n <= lanes; n += 1) {
        const from = `0x${String(n).padStart(40, '0')}`;
        dynamo.put('ledger', transactionItem(queued(n, { from, status, created_at: ago(6) })));
      }
    };
    put(2, 'submitted');
    await run();
    put(40, 'submitted');
    clock.advance(MINUTE_MS);
    await run();
    put(38, 'confirmed');
    await run();
    put(40, 'confirmed');
    await run();
    const told = alerts().map(({ summary }) => String(summary).split(' have')[0]);
    const ofChain = `Transactions of many wallets of chain ${TEST_CHAIN.chain_id}`;
    expect(told).toEqual(['Transactions of a wallet', 'Transactions of a wallet', ofChain, `Resolved: ${ofChain}`]);
    expect(conditions().map(({ state }) => state)).toEqual(['resolved', 'resolved', 'resolved']);
  });
});

describe('transactions that failed', () => {
  it('are each named to somebody, however soon after the first they failed', async () => {
    const { dynamo, client } = tables();
    const { run, clock, alerts } = createMonitorBench([failedCheck(createStatusStore(client, 'ledger'), THRESHOLDS)]);
    const fail = (n: number) =>
      dynamo.put('ledger', transactionItem(queued(n, { status: 'failed', updated_at: isoTime(clock.now()) })));
    fail(1);
    for (let minute = 0; minute < 200; minute += 1) {
      await run();
      // Right after the first was told: what a window as long as the cool-down would just miss.
      if (minute === 0) fail(2);
      clock.advance(MINUTE_MS);
    }
    const named = alerts().map(({ summary, details }) => [
      String(summary).split(' ')[0],
      JSON.stringify(details).match(/tx_\w+/g)?.length,
    ]);
    expect(named).toEqual([
      ['Transactions', 1],
      ['Still:', 2],
      ['Resolved:', 2],
    ]);
  });
});

describe('orders that wait for money', () => {
  it('are counted on all chains and at processors, and those that are paid or over are not', async () => {
    const { dynamo, client } = tables();
    const { metrics, counts } = createRecordingMetrics();
    const chains = [{ chain_id: 1 }, { chain_id: 137 }];
    const look = () => openOrdersCheck(client, 'shop', chains, metrics).look(TEST_NOW_MS, [], deadline());
    expect(await look()).toEqual({ raised: [], isComplete: true });
    expect(counts()).toEqual({ OrdersOpen: 0 });
    for (let n = 1; n <= 9; n += 1) dynamo.put('shop', orderItem(testOrder({ id: orderId(n) }, { chain_id: 1 })));
    dynamo.put('shop', orderItem(testOrder({ id: orderId(10) }, { chain_id: 137 })));
    dynamo.put('shop', orderItem(processorOrder({ id: orderId(11) })));
    for (const [index, status] of (['confirming', 'paid', 'expired', 'cancelled'] as const).entries()) {
      dynamo.put('shop', orderItem(testOrder({ id: orderId(20 + index), status }, { chain_id: 1 })));
      dynamo.put('shop', orderItem(processorOrder({ id: orderId(30 + index), status })));
    }
    await look();
    expect(counts()).toEqual({ OrdersOpen: 11 });
  });
});
