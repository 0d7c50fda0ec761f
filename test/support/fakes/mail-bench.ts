import { createHandler } from '#functions/customer-mailer/handler.ts';
import type { MailOrderDependencies } from '#shared/mails/mail-orders.ts';
import { type MailShop, mailShopSchema } from '#shared/mails/mail-settings.ts';
import { createMailStore } from '#shared/mails/mail-store.ts';
import type { OrderMail } from '#shared/mails/order-mails.ts';
import { orderMailsSchema } from '#shared/mails/order-mails.ts';
import type { MailedRefund } from '#shared/mails/templates/order-mail.ts';
import { type Notice, noticeItem } from '#shared/orders/notice.ts';
import type { Order } from '#shared/orders/order.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { orderItem } from '#shared/orders/put-order.ts';
import type { OrderEvent } from '#shared/orders/transitions.ts';
import { CUSTOMER_MAIL_BREAKER, type Mail, MailFailure } from '#shared/platform/aws/ses-mailer.ts';
import { createBreakers, createLocalBreakerStore } from '#shared/platform/breaker/breaker.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { lambdaContext } from './api-request.ts';
import { createFakeClock } from './fake-clock.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { testOrder } from './orders.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';

/** What the schedule sends. */
export const SCHEDULED = { version: '0', source: 'aws.scheduler', 'detail-type': 'Scheduled Event', detail: {} };

/** A shop that mails its customers. */
export const TEST_SHOP: MailShop = mailShopSchema.parse({
  name: 'Teas & Tees',
  from: 'shop@haven.example',
  reply_to: 'help@haven.example',
  order_url: 'https://shop.haven.example/orders/{order_id}',
});

/** Says what the network does with a request to the tables. */
export type Network = (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error;

/** Orders and notices in tables in memory, and the function that mails their customers. */
export function createMailBench(options: { readonly shop?: MailShop | null } = {}) {
  const dynamo = createMemoryDynamo({ shop: ['pk', 'sk'], notify: ['pk', 'sk'], logs: ['pk', 'sk'] });
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const parts = { clock: clock.now, log: log.log, metrics: metrics.metrics };
  const sent: Mail[] = [];
  let ids = 0;
  let act: (mail: Mail) => Promise<void> = async () => undefined;
  let refunds: readonly MailedRefund[] = [];
  const nextId = (prefix: string) => {
    ids += 1;
    return `${prefix}_${String(ids).padStart(26, '0')}`;
  };
  const breaker = createBreakers({
    ...parts,
    store: createLocalBreakerStore(),
    policy: DEFAULT_POLICY,
    newProbeId: () => nextId('probe'),
  }).of(CUSTOMER_MAIL_BREAKER);

  /** The function by a network of its own. */
  function mailer(network: Network = (_request, answer) => answer()) {
    const client = scriptedDocumentClient(
      createScriptedAws((request) => network(request, () => dynamo.answer(request))),
    );
    const orders = createOrderStore(client, 'shop');
    const shop = options.shop === undefined ? TEST_SHOP : (options.shop ?? undefined);
    const deps: MailOrderDependencies = {
      ...parts,
      store: createMailStore(client, { shop: 'shop', notify: 'notify', logs: 'logs' }),
      mails: shop !== undefined,
      shop,
      networks: { '31337': 'Anvil' },
      findOrder: async (id) => (await orders.findOrder(id))?.order,
      refundsOf: async () => refunds,
      mailer: {
        async send(mail) {
          sent.push(mail);
          await act(mail);
        },
      },
      breaker,
      newId: nextId,
      random: () => 0.5,
    };
    return createHandler(deps);
  }

  const items = (table: string) => dynamo.items(table).map((item) => plainItem(item));

  return {
    dynamo,
    clock,
    log,
    metrics,
    breaker,
    mailer,
    /** Mails that were handed to SES, in order, whatever came of it. */
    sent,
    subjects: () => sent.map(({ subject }) => subject),
    /** What a call comes to from now on; by default the mail is taken. */
    onSend(next: (mail: Mail) => Promise<void>) {
      act = next;
    },
    refunded(next: readonly MailedRefund[]) {
      refunds = next;
    },
    /** Puts an order as it is now. */
    putOrder(overrides: Parameters<typeof testOrder>[0] = {}, payment: Parameters<typeof testOrder>[1] = {}): Order {
      const order = testOrder(overrides, payment);
      dynamo.put('shop', orderItem(order));
      return order;
    },
    /** Puts a notice as whoever changes an order does. */
    notify(order: Order, event: OrderEvent, audience: Notice['audience'] = 'customer'): Notice {
      const { id: order_id, version: order_version } = order;
      const notice = { id: nextId('evt'), order_id, event, audience, order_version, created_at: isoTime(clock.now()) };
      dynamo.put('shop', noticeItem(notice));
      return notice;
    },
    /** Runs the function as its schedule does. */
    run: (remainingMs = 60_000) => mailer()(SCHEDULED, lambdaContext(remainingMs)),
    /** Runs it as the stream of the table does. */
    wake: (notices: readonly Pick<Notice, 'id'>[], remainingMs = 60_000) =>
      mailer()(
        {
          Records: notices.map(({ id }) => ({
            eventName: 'INSERT',
            dynamodb: { Keys: { pk: { S: `NOTICE#customer#${id}` }, sk: { S: 'NOTICE' } } },
          })),
        },
        lambdaContext(remainingMs),
      ),
    /** All mails of an order as they are stored. */
    mailsOf(orderId: string): readonly OrderMail[] {
      const row = items('notify').find(({ pk }) => pk === `MAILS#${orderId}`);
      return row === undefined ? [] : orderMailsSchema.parse(row).mails;
    },
    /** When something is next to be done about the mails of an order, in milliseconds since the Unix epoch. */
    dueAt(orderId: string): number | undefined {
      const { gsi1sk } = items('notify').find(({ pk }) => pk === `MAILS#${orderId}`) ?? {};
      return gsi1sk === undefined ? undefined : Date.parse(String(gsi1sk).split('#')[0] ?? '');
    },
    /** Ids of notices that wait. */
    waiting: () => items('shop').flatMap(({ sk, id }) => (sk === 'NOTICE' ? [String(id)] : [])),
    /** Orders about whose mails something is due some time. */
    open: () => items('notify').flatMap(({ gsi1pk, order_id }) => (gsi1pk === undefined ? [] : [String(order_id)])),
    alerts: () => items('logs'),
  };
}

/** What a call comes to that SES refuses or does not answer. */
export const failing = (status: number | undefined, code: string) => async () => {
  throw new MailFailure(status, code);
};
