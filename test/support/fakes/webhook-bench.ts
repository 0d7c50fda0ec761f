import { ulid } from 'ulid';
import { createHandler as createDispatcher } from '#functions/webhook-dispatcher/handler.ts';
import { createHandler as createSender } from '#functions/webhook-sender/handler.ts';
import { bindRoutes } from '#functions/webhooks-api/handler.ts';
import { noticeItem } from '#shared/orders/notice.ts';
import { createNoticeStore } from '#shared/orders/notice-store.ts';
import { orderKey } from '#shared/orders/order-keys.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import type { OrderEvent } from '#shared/orders/transitions.ts';
import { createBreakers, createLocalBreakerStore } from '#shared/platform/breaker/breaker.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { createOutboundPost, type OutboundPost } from '#shared/platform/http/outbound-post.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import { noticeOf, transactionNoticeItem } from '#shared/transactions/event-notice.ts';
import { createTransactionNoticeStore } from '#shared/transactions/event-notice-store.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { advance } from '#shared/transactions/transition.ts';
import { MAX_ANSWER_BYTES } from '#shared/webhooks/call.ts';
import { schedulePolicy, type WebhookDelivery, webhookDeliverySchema } from '#shared/webhooks/delivery.ts';
import { createWebhookDeliveryStore } from '#shared/webhooks/delivery-store.ts';
import { createEndpointStore } from '#shared/webhooks/endpoint-store.ts';
import { createEndpoint, type EndpointWish } from '#shared/webhooks/manage-endpoints.ts';
import { orderNotices, transactionNotices } from '#shared/webhooks/notice-sources.ts';
import { type Standing, standingSchema } from '#shared/webhooks/standing.ts';
import { createStandingStore } from '#shared/webhooks/standing-store.ts';
import type { IssuedEndpointView } from '#shared/webhooks/view.ts';
import { lambdaContext } from './api-request.ts';
import { createFakeClock } from './fake-clock.ts';
import { idempotentContext } from './idempotent-context.ts';
import { mined } from './ledger-transactions.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { orderId, testOrder } from './orders.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';

/** With what the secrets of the bench are sealed. */
export const NOTIFY_KEY = 'the notify key of the tests, long enough';
/** Waits of the bench, in seconds. */
export const RETRY_SECONDS = [5, 300, 1_800];

const SCHEDULED = { source: 'aws.scheduler' };
const KEYS = {
  ledger: ['pk', 'sk'],
  shop: ['pk', 'sk'],
  notify: ['pk', 'sk'],
  audit: ['pk', 'seq'],
  logs: ['pk', 'sk'],
  ephemeral: ['pk'],
};

/** Says what the network does with a request to the tables; undefined: what tables do. */
export type Network = (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error;

/**
 * A network that a process loses for good, because it is killed there.
 *
 * @param cut so many requests are answered before
 * @param side whether the next one is done (`after`) or not; nobody hears of it either way
 */
export function killedAt(cut: number, side: 'before' | 'after'): Network {
  let accesses = 0;
  return (_request, answer) => {
    accesses += 1;
    if (accesses <= cut) return answer();
    if (accesses === cut + 1 && side === 'after') answer();
    return new Error('killed');
  };
}

/** Webhooks on tables in memory: the API, who makes events, and who delivers them to real receivers. */
export function createWebhookBench(options: { readonly timeoutMs?: number } = {}) {
  const dynamo = createMemoryDynamo(KEYS);
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const parts = { clock: clock.now, log: log.log, metrics: metrics.metrics };
  const wakes: { readonly ids: readonly string[]; readonly delaySeconds: number }[] = [];
  const waker = {
    wake: async (ids: readonly string[], delaySeconds = 0) => {
      if (ids.length > 0) wakes.push({ ids, delaySeconds });
    },
  };
  let probes = 0;
  const breakers = createBreakers({
    ...parts,
    store: createLocalBreakerStore(),
    policy: DEFAULT_POLICY,
    newProbeId: () => {
      probes += 1;
      return `probe-${probes}`;
    },
  });
  const realPost = createOutboundPost({
    exemptHosts: ['127.0.0.1'],
    maxAnswerBytes: MAX_ANSWER_BYTES,
    timeoutMs: options.timeoutMs ?? 5_000,
    resolve: async () => [{ address: '10.0.0.7', family: 4 }],
  });
  const newId: NewId = (prefix) => `${prefix}_${ulid(clock.now())}`;
  let requests = 0;
  let orders = 0;

  function depsOf(network: Network = (_request, answer) => answer(), post: OutboundPost = realPost) {
    const client = scriptedDocumentClient(
      createScriptedAws((request) => network(request, () => dynamo.answer(request))),
    );
    return {
      ...parts,
      client,
      tables: { shop: 'shop', notify: 'notify', audit: 'audit', logs: 'logs' },
      sources: [
        orderNotices({
          notices: createNoticeStore(client, 'shop', 'merchant'),
          orders: createOrderStore(client, 'shop'),
          table: 'shop',
        }),
        transactionNotices(createTransactionNoticeStore(client, 'ledger'), 'ledger'),
      ],
      endpoints: createEndpointStore(client, 'notify'),
      standings: createStandingStore(client, 'notify'),
      deliveries: createWebhookDeliveryStore(client, 'notify'),
      idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
      pager: createListPager(async () => 'the signing key of the tests, long enough'),
      readNotifyKey: async () => NOTIFY_KEY,
      exemptHosts: ['127.0.0.1'],
      breakers,
      waker,
      post,
      policy: schedulePolicy(RETRY_SECONDS),
      disableAfterMs: 5 * 24 * 60 * 60_000,
      random: () => 0.999_999,
      newId,
      wait: async () => undefined,
    };
  }

  const deps = depsOf();
  const rows = (table: string) => dynamo.items(table).map((item) => plainItem(item));
  const context = () => {
    requests += 1;
    return idempotentContext({ idempotency: { recordKey: `IDEMPOTENCY#${requests}`, fingerprint: 'f' } });
  };

  return {
    dynamo,
    clock,
    log,
    metrics,
    wakes,
    deps,
    depsOf,
    rows,
    context,
    routes: bindRoutes(deps),
    /** Makes an endpoint. */
    endpoint: (wish: Partial<EndpointWish> & { readonly url: string }): Promise<IssuedEndpointView> =>
      createEndpoint(deps, { events: ['*'], description: null, metadata: {}, enabled: true, ...wish }, context()),
    /** Puts a notice as whoever changes an order does. Returns the event's id. */
    notice(event: OrderEvent = 'order.paid', audience: 'merchant' | 'customer' = 'merchant'): string {
      orders += 1;
      const order = testOrder({ id: orderId(orders) });
      dynamo.put('shop', { ...orderKey(order.id), ...order });
      const id = newId('evt');
      const created_at = isoTime(clock.now());
      dynamo.put('shop', noticeItem({ id, order_id: order.id, event, audience, order_version: 1, created_at }));
      return id;
    },
    /** Puts a notice as whoever changes a transaction does. Returns the event's id. */
    transactionNotice(change: Partial<Transaction> = {}): string {
      const created_at = isoTime(clock.now());
      const before = mined(1, 100, { tells_events: true, ...change });
      const notice = noticeOf(advance(before, 'confirmed', {}, created_at, { actor: 'test', request_id: 'test' }));
      if (notice === undefined) throw new Error('Nothing is told of it');
      dynamo.put('ledger', transactionNoticeItem(notice));
      return notice.id;
    },
    /** Runs who makes events as the stream of a table does. */
    wokenBy: (keys: readonly string[]) =>
      createDispatcher(deps)(
        { Records: keys.map((key) => ({ dynamodb: { Keys: { pk: { S: key }, sk: { S: 'NOTICE' } } } })) },
        lambdaContext(30_000),
      ),
    /** One process of who makes events, to be run by its schedule again and again. */
    dispatcher: () => {
      const handler = createDispatcher(deps);
      return () => handler(SCHEDULED, lambdaContext(30_000));
    },
    /** Runs who makes events as its schedule does. */
    plan: (network?: Network) => createDispatcher(depsOf(network))(SCHEDULED, lambdaContext(30_000)),
    /** Runs who delivers as its schedule does. */
    send: (network?: Network, post?: OutboundPost) =>
      createSender(depsOf(network, post))(SCHEDULED, lambdaContext(60_000)),
    /** Runs who delivers as its queue does. */
    wake: (ids: readonly string[]) =>
      createSender(deps)(
        {
          Records: [{ messageId: 'm1', receiptHandle: 'r1', body: JSON.stringify({ endpoint_ids: ids }) }],
        },
        lambdaContext(60_000),
      ),
    notices: () => [...rows('shop'), ...rows('ledger')].filter(({ sk }) => sk === 'NOTICE'),
    deliveries: (): WebhookDelivery[] =>
      rows('notify').flatMap((row) => (row['sk'] === 'DELIVERY' ? [webhookDeliverySchema.parse(row)] : [])),
    standing: (endpointId: string): Standing =>
      standingSchema.parse(rows('notify').find(({ pk }) => pk === `WEBHOOK_STANDING#${endpointId}`)),
  };
}
