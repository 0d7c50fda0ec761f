import { describe, expect, it } from 'vitest';
import { stageChecks } from '#functions/monitor/stage-checks.ts';
import { thresholdsSchema } from '#shared/monitors/thresholds.ts';
import { orderItem } from '#shared/orders/put-order.ts';
import { INITIAL_STATE } from '#shared/platform/breaker/breaker-state.ts';
import { breakerItem } from '#shared/platform/breaker/breaker-store.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { lowBalanceItem } from '#shared/transactions/lane/low-balance.ts';
import { queueItem, transactionItem } from '#shared/transactions/ledger-items.ts';
import { createFakeAnchorBucket } from '#test/support/fakes/anchor-bucket.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { answered, createFakeRpc } from '#test/support/fakes/fake-rpc.ts';
import { queued, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createMonitorBench } from '#test/support/fakes/monitor-bench.ts';
import { orderId, testOrder } from '#test/support/fakes/orders.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient, scriptedSqsClient } from '#test/support/fakes/scripted-aws.ts';

const HOUR_AGO = isoTime(TEST_NOW_MS - 60 * 60_000);
const address = (n: number) => `0x${String(n).padStart(40, '0')}`;
const QUEUES = ['a-dlq', 'b-dlq', 'c-dlq.fifo'];

/** A stage in which so many of everything are as they should not be. */
function troubled(count: number) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], shop: ['pk', 'sk'], ephemeral: ['pk'] });
  for (let n = 1; n <= count; n += 1) {
    const from = address(n);
    const lane = { chain_id: TEST_CHAIN.chain_id, address: from };
    for (const [index, status] of (['queued', 'submitted', 'failed'] as const).entries()) {
      const transaction = queued(n, {
        id: `tx_${index}${String(n).padStart(8, '0')}`,
        status,
        from,
        created_at: HOUR_AGO,
        updated_at: isoTime(TEST_NOW_MS),
      });
      dynamo.put('ledger', transactionItem(transaction));
      if (status === 'queued') dynamo.put('ledger', queueItem(lane, transaction.wallet_id, transaction.id));
    }
    dynamo.put(
      'ledger',
      lowBalanceItem({
        ...{ wallet_id: `wal_${String(n).padStart(8, '0')}`, ...lane, state: 'open', balance_wei: '0' },
        ...{ threshold_wei: '1', transaction_id: null, missing_wei: null, opened_at: HOUR_AGO, resolved_at: null },
        ...{ seen_at: null, version: 1 },
      }),
    );
    dynamo.put(
      'shop',
      orderItem(testOrder({ id: orderId(n), expires_at: HOUR_AGO }, { chain_id: TEST_CHAIN.chain_id })),
    );
    const history = [{ from: 'closed' as const, to: 'open' as const, at_ms: TEST_NOW_MS, cause: 'x' }];
    const state = { ...INITIAL_STATE, status: 'open' as const, history };
    dynamo.put('ephemeral', breakerItem({ id: `rpc:1:endpoint-${n}`, state, version: 1 }, TEST_NOW_MS));
  }
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const sqs = createScriptedAws(({ operation, body }) =>
    operation === 'GetQueueUrl'
      ? { body: { QueueUrl: `https://sqs.eu-central-1.amazonaws.com/123456789012/${String(body['QueueName'])}` } }
      : {
          body: {
            Attributes: {
              ApproximateNumberOfMessages: '1',
              ApproximateNumberOfMessagesNotVisible: '0',
              ApproximateNumberOfMessagesDelayed: '0',
            },
          },
        },
  );
  const rpc = createFakeRpc(() => [answered({ baseFeePerGas: ['0x3b9aca00', '0x3b9aca00'] })]);
  const checks = stageChecks({
    client: scriptedDocumentClient(aws),
    tables: { ledger: 'ledger', shop: 'shop', ephemeral: 'ephemeral' },
    chains: [TEST_CHAIN],
    clients: { for: async () => new ChainClient(rpc) },
    anchors: createFakeAnchorBucket(),
    sqs: scriptedSqsClient(sqs),
    deadLetterQueues: QUEUES,
    thresholds: thresholdsSchema.parse({}),
    clock: () => TEST_NOW_MS,
    metrics: createRecordingMetrics().metrics,
  });
  const bench = createMonitorBench(checks);
  const tally = (operations: readonly string[]) =>
    Object.fromEntries([...Map.groupBy(operations, (name) => name)].map(([name, all]) => [name, all.length]));
  return { ...bench, facts: () => tally([...aws.requests, ...sqs.requests].map(({ operation }) => operation)) };
}

describe('what a run costs', () => {
  it('is the same number of calls however many transactions, orders, wallets and circuits there are', async () => {
    const costs = await Promise.all(
      [150, 600].map(async (count) => {
        const { run, facts, alerts } = troubled(count);
        await run();
        return { facts: facts(), alerts: alerts().length };
      }),
    );
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[0]?.facts).toEqual({
      // Statuses 6, heads of lanes 4, low balances, lanes 4, circuits, due orders 8, open orders 8, sweeps 2.
      Query: 34,
      // Of those that found rows: queued, submitted, failed, heads of lanes, low balances, lanes, circuits.
      BatchGetItem: 7,
      // How the pool stands, the stock report, how far the chain was read, the baseline of gas.
      GetItem: 4,
      PutItem: 1,
      GetQueueUrl: QUEUES.length,
      GetQueueAttributes: QUEUES.length,
    });
  });

  it('is less from the second run on: the addresses of queues are known', async () => {
    const { run, facts } = troubled(1);
    await run();
    await run();
    expect(facts()).toMatchObject({ GetQueueUrl: QUEUES.length, GetQueueAttributes: 2 * QUEUES.length });
  });
});

describe('a troubled stage', () => {
  it('is told whole: every check raises what it watches', async () => {
    const { run, conditions } = troubled(1);
    await run();
    const raised = conditions().map(
      ({ check, key, told }) => `${String(check)}${told === null ? ' untold' : ''} ${String(key)}`,
    );
    expect(raised).toEqual([
      `balances_low balances_low:31337#${address(1)}`,
      'circuits circuits:rpc:1:endpoint-1',
      'dead_letters dead_letters:a-dlq',
      'dead_letters dead_letters:b-dlq',
      'dead_letters dead_letters:c-dlq.fifo',
      'orders_overdue orders_overdue:31337',
      'transactions_failed transactions_failed:31337:failed',
      `transactions_pending transactions_pending:31337#${address(1)}`,
    ]);
  });
});
