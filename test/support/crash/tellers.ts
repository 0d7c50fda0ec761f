import { randomUUID } from 'node:crypto';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { createHandler as createNotifier } from '#functions/alert-notifier/handler.ts';
import { createHandler as createMailer } from '#functions/customer-mailer/handler.ts';
import { createHandler as createDispatcher } from '#functions/webhook-dispatcher/handler.ts';
import { createHandler as createSender } from '#functions/webhook-sender/handler.ts';
import { localInfoSchema } from '#local/instance.ts';
import { createDeliveryStore } from '#shared/alerts/delivery/delivery-store.ts';
import { createEmailChannel } from '#shared/alerts/delivery/email-channel.ts';
import { createWebhookChannel } from '#shared/alerts/delivery/webhook-channel.ts';
import { mailShopSchema } from '#shared/mails/mail-settings.ts';
import { createMailStore } from '#shared/mails/mail-store.ts';
import { createNoticeStore } from '#shared/orders/notice-store.ts';
import { noticesTo } from '#shared/orders/order-keys.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { CUSTOMER_MAIL_BREAKER, createSesMailer } from '#shared/platform/aws/ses-mailer.ts';
import { createBreakers } from '#shared/platform/breaker/breaker.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { createOutboundPost, type OutboundPost } from '#shared/platform/http/outbound-post.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLog } from '#shared/platform/log/logger.ts';
import { MAX_ANSWER_BYTES } from '#shared/webhooks/call.ts';
import { schedulePolicy } from '#shared/webhooks/delivery.ts';
import { createWebhookDeliveryStore } from '#shared/webhooks/delivery-store.ts';
import { createEndpointStore } from '#shared/webhooks/endpoint-store.ts';
import { orderNotices } from '#shared/webhooks/notice-sources.ts';
import { createStandingStore } from '#shared/webhooks/standing-store.ts';
import { createWebhookWaker } from '#shared/webhooks/waker.ts';
import { killPointSchema } from './crash-plan.ts';

/** Who tells somebody outside of something. */
export const tellerSchema = z.enum(['webhooks', 'mails', 'alerts']);

/** Who tells somebody outside of something. */
export type Teller = z.output<typeof tellerSchema>;

/** What a telling process is told. */
export const tellerPlanSchema = z.object({
  info: localInfoSchema,
  teller: tellerSchema,
  tables: z.object({
    audit: z.string(),
    ephemeral: z.string(),
    logs: z.string(),
    shop: z.string(),
    notify: z.string(),
  }),
  /** Of wakes of the sender. */
  queueUrl: z.string(),
  /** With which signing secrets of endpoints are sealed. */
  notifyKey: z.string(),
  /** The webhook that hears of alerts, and the address that does. */
  alerts: z.object({ url: z.string(), secret: z.string(), address: z.string() }),
  /** Ids of the notices or alerts that the stream tells of; absent: the schedule calls. */
  woken: z.array(z.string()).optional(),
  /** How far its time is ahead of the real one, in milliseconds: what was begun and never heard of counts as lost. */
  aheadMs: z.number(),
  /** Null: it lives until it has done what there is to do. */
  kill: killPointSchema.nullable(),
});

/** What a telling process is told. */
export type TellerPlan = z.output<typeof tellerPlanSchema>;

/** What a telling process reaches the world outside with. */
export interface Outside {
  readonly client: DynamoDBDocumentClient;
  readonly sqs: SQSClient;
  readonly ses: SESv2Client;
  readonly post: OutboundPost;
}

/** Where the receivers of tests are. */
const EXEMPT_HOSTS: readonly string[] = ['127.0.0.1'];
/** A retry is no part of these tests: no receiver refuses anything. */
const RETRY_SECONDS: readonly number[] = [1, 2, 3];
const RUN_MS = 60_000;
const SHOP = mailShopSchema.parse({ name: 'Teas & Tees', from: 'shop@haven.example' });

/** Calls receivers as the functions do. */
export function tellerPost(): OutboundPost {
  return createOutboundPost({ exemptHosts: [...EXEMPT_HOSTS], maxAnswerBytes: MAX_ANSWER_BYTES });
}

/**
 * Runs what tells once, wired as the functions are on the deployed stage: the handlers of the dispatcher and then of the sender, of the mailer,
 * or of the notifier.
 */
export async function tell(plan: TellerPlan, outside: Outside): Promise<void> {
  const { clock, parts } = ground(plan, outside);
  const context = { awsRequestId: `run-${process.pid}`, getRemainingTimeInMillis: () => RUN_MS };
  if (plan.teller === 'mails') {
    await mailer(plan, outside, parts)(eventOf(plan, noticesTo('customer')), context);
  } else if (plan.teller === 'alerts') {
    await notifier(plan, outside, parts)(eventOf(plan, 'ALERT#'), context);
  } else {
    const { dispatcher, sender, endpointIds } = webhooks(plan, outside, { ...parts, clock });
    await dispatcher(eventOf(plan, noticesTo('merchant')), context);
    if (plan.woken === undefined) await sender({}, context);
    // One after the other, so that what is killed at is the same in each run.
    else for (const id of await endpointIds()) await sender(wakeOf(id), context);
  }
}

function ground(plan: TellerPlan, { client }: Outside) {
  const clock: Clock = () => Date.now() + plan.aheadMs;
  const common = { clock, log: createLog(() => undefined), metrics: { count: () => undefined } };
  const breakers = createBreakers({
    ...common,
    store: createBreakerStore(client, plan.tables.ephemeral, clock),
    policy: DEFAULT_POLICY,
    newProbeId: randomUUID,
  });
  return { clock, parts: { ...common, breakers, newId, random: Math.random } };
}

type Parts = ReturnType<typeof ground>['parts'];

function mailer({ tables }: TellerPlan, { client, ses }: Outside, { breakers, ...parts }: Parts) {
  const orders = createOrderStore(client, tables.shop);
  return createMailer({
    ...parts,
    store: createMailStore(client, tables),
    mails: true,
    shop: SHOP,
    networks: {},
    findOrder: async (id) => (await orders.findOrder(id))?.order,
    refundsOf: async () => [],
    mailer: createSesMailer(ses),
    breaker: breakers.of(CUSTOMER_MAIL_BREAKER),
  });
}

function notifier(
  { tables, alerts }: TellerPlan,
  { client, ses, post }: Outside,
  parts: Parts,
): ReturnType<typeof createNotifier> {
  const email = { from: SHOP.from, to: [alerts.address] };
  const channels = [
    createEmailChannel({ mailer: createSesMailer(ses), breakers: parts.breakers }, email),
    createWebhookChannel({ ...parts, post }, { name: 'pager', url: alerts.url, secrets: [alerts.secret] }),
  ];
  return createNotifier({
    ...parts,
    store: createDeliveryStore(client, tables.logs),
    channels: async () => ({ channels, complete: true }),
    coolDownMs: 0,
    stage: 'test',
    runbookUrl: 'https://runbook.example/runbook.md',
  });
}

function webhooks(plan: TellerPlan, { client, sqs, post }: Outside, parts: Parts) {
  const { tables, queueUrl, notifyKey } = plan;
  const endpoints = createEndpointStore(client, tables.notify);
  const deps = {
    ...parts,
    client,
    endpoints,
    tables,
    standings: createStandingStore(client, tables.notify),
    deliveries: createWebhookDeliveryStore(client, tables.notify),
    waker: createWebhookWaker(sqs, queueUrl, parts.log, parts.metrics),
  };
  return {
    dispatcher: createDispatcher({
      ...deps,
      sources: [
        orderNotices({
          notices: createNoticeStore(client, tables.shop, 'merchant'),
          orders: createOrderStore(client, tables.shop),
          table: tables.shop,
        }),
      ],
    }),
    sender: createSender({
      ...deps,
      post,
      readNotifyKey: async () => notifyKey,
      exemptHosts: EXEMPT_HOSTS,
      policy: schedulePolicy(RETRY_SECONDS),
      disableAfterMs: RUN_MS,
    }),
    endpointIds: async () => (await endpoints.enabled()).map(({ id }) => id),
  };
}

/** What the stream of the table, or the schedule, calls a function with. */
function eventOf({ woken }: TellerPlan, prefix: string): object {
  if (woken === undefined) return {};
  return {
    Records: woken.map((id) => ({
      eventName: 'INSERT',
      dynamodb: { Keys: { pk: { S: `${prefix}${id}` } } },
    })),
  };
}

function wakeOf(endpointId: string): object {
  return {
    Records: [
      { messageId: endpointId, receiptHandle: endpointId, body: JSON.stringify({ endpoint_ids: [endpointId] }) },
    ],
  };
}
