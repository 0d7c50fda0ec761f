import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { newWebhookDelivery, restartedDelivery } from './delivery.ts';
import { putDelivery, type WebhookDeliveryStore } from './delivery-store.ts';
import type { EndpointStore } from './endpoint-store.ts';
import { testEvent } from './event.ts';
import { KEPT_DAYS } from './keys.ts';
import { putEvent } from './plan.ts';
import type { Redelivery } from './redelivery.ts';
import { type Standing, wokenStanding } from './standing.ts';
import { putStanding, StandingRaced, type StandingStore } from './standing-store.ts';
import { type DeliveryView, redeliveryView, toDeliveryView } from './view.ts';
import type { WebhookWaker } from './waker.ts';

/** What sending on request needs. */
export interface SendDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly notify: string };
  readonly endpoints: Pick<EndpointStore, 'get'>;
  readonly standings: Pick<StandingStore, 'load'>;
  readonly deliveries: Pick<WebhookDeliveryStore, 'get' | 'event'>;
  readonly idempotency: IdempotencyStore;
  readonly waker: WebhookWaker;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly wait?: Sleep;
}

/** Rivals are whoever delivers to the endpoint. */
const SEND_RETRY: RetryPolicy = { maxAttempts: 10, baseDelayMs: 10, maxDelayMs: 200 };
const DAY_MS = 24 * 60 * 60_000;

/**
 * Sends a test event to an endpoint, whatever it subscribes to. Delivered as any other.
 *
 * @throws WEBHOOK_ENDPOINT_NOT_FOUND, INVALID_TRANSITION when it is disabled, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export async function sendTest(deps: SendDependencies, id: string, context: IdempotentContext): Promise<DeliveryView> {
  const eventId = deps.newId('evt');
  return inOneWrite(deps, id, context, (_standing, nowMs) => {
    const event = testEvent({ id: eventId, created_at: isoTime(nowMs) }, id);
    const delivery = newWebhookDelivery(event, id, nowMs);
    const put = (write: WriteTransaction) => {
      putEvent(write, deps.tables.notify, event);
      putDelivery(write, deps.tables.notify, undefined, delivery);
    };
    return { answer: toDeliveryView(delivery, event), put };
  });
}

/**
 * Sends a delivery again, from the beginning of the schedule, whatever came of it before. The receiver can tell by its id.
 *
 * @throws WEBHOOK_DELIVERY_NOT_FOUND, WEBHOOK_ENDPOINT_NOT_FOUND, INVALID_TRANSITION when the endpoint is disabled or the delivery is open,
 *   WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export async function redeliverOne(
  deps: SendDependencies,
  deliveryId: string,
  context: IdempotentContext,
): Promise<DeliveryView> {
  const { endpoint_id, event_id } = await deps.deliveries.get(deliveryId);
  const event = await deps.deliveries.event(event_id);
  return inOneWrite(deps, endpoint_id, context, async (_standing, nowMs) => {
    const before = await deps.deliveries.get(deliveryId);
    if (before.next_attempt_at !== null) {
      throw new HavenError(
        'INVALID_TRANSITION',
        `Delivery ${deliveryId} is still open: it is tried without being asked`,
      );
    }
    const after = restartedDelivery(before, null, nowMs);
    const put = (write: WriteTransaction) => putDelivery(write, deps.tables.notify, before, after);
    return { answer: toDeliveryView(after, event), put };
  });
}

/** Which deliveries are to be sent again. */
export type RangeWish = Pick<Redelivery, 'since' | 'status'> & { readonly until: string | undefined };

/**
 * Sends what an endpoint missed again: deliveries of events of a time, those that failed or all that ended. Who delivers puts them among what
 * is due, page after page, and goes on where another was cut off.
 *
 * @throws INVALID_PARAMETER when it is no time of the last month, WEBHOOK_ENDPOINT_NOT_FOUND, INVALID_TRANSITION when it is disabled or one is under way,
 *   WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export async function redeliverRange(
  deps: SendDependencies,
  id: string,
  { since, until, status }: RangeWish,
  context: IdempotentContext,
): Promise<Omit<Redelivery, 'position'>> {
  const nowMs = deps.clock();
  const end = until ?? isoTime(nowMs);
  if (Date.parse(end) > nowMs) throw fieldError('INVALID_PARAMETER', 'body.until', 'must not be in the future');
  if (since >= end) throw fieldError('INVALID_PARAMETER', 'body.since', 'must be before until');
  if (Date.parse(since) < nowMs - KEPT_DAYS * DAY_MS)
    throw fieldError('INVALID_PARAMETER', 'body.since', `must be within ${KEPT_DAYS} days: nothing is kept for longer`);
  const job: Redelivery = {
    id: deps.newId('rdl'),
    since,
    until: end,
    status,
    requested_at: isoTime(nowMs),
    position: null,
    redelivered: 0,
  };
  return inOneWrite(deps, id, context, (standing) => {
    if (standing.redelivery !== null) {
      throw new HavenError('INVALID_TRANSITION', `Redelivery ${standing.redelivery.id} of this endpoint is under way`);
    }
    return { answer: redeliveryView.parse(job), standing: { redelivery: job } };
  });
}

interface Sent<T> {
  readonly answer: T;
  /** Adds what is to be sent to the transaction, behind the answer: a repeated request changes nothing. */
  readonly put?: (write: WriteTransaction) => void;
  readonly standing?: Partial<Standing>;
}

/** Stores what is to be sent with the answer, and has it delivered. */
async function inOneWrite<T extends object>(
  deps: SendDependencies,
  endpointId: string,
  context: IdempotentContext,
  plan: (standing: Standing, nowMs: number) => Sent<T> | Promise<Sent<T>>,
): Promise<T> {
  await deps.idempotency.replayIfAnswered(context.idempotency);
  const answer = await untilUnraced(
    async () => {
      const endpoint = await deps.endpoints.get(endpointId);
      if (!endpoint.enabled) throw new HavenError('INVALID_TRANSITION', `Webhook endpoint ${endpointId} is disabled`);
      const standing = await deps.standings.load(endpointId);
      // It was deleted just now: the next attempt says so.
      if (standing === undefined) throw new StandingRaced();
      const nowMs = deps.clock();
      const { answer, put, standing: change } = await plan(standing, nowMs);
      const write = new WriteTransaction();
      deps.idempotency.record(write, context.idempotency, { status: 202, body: answer });
      put?.(write);
      putStanding(write, deps.tables.notify, standing, { ...wokenStanding(standing, nowMs), ...change });
      await write.commit(deps.client, context.deadline, deps.wait);
      return answer;
    },
    SEND_RETRY,
    context.deadline,
    deps.wait,
  );
  await deps.waker.wake([endpointId]);
  return answer;
}
