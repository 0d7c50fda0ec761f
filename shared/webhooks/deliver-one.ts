import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { type Breaker, throughBreaker } from '#shared/platform/breaker/breaker.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import type { DeliveryPolicy } from '#shared/platform/delivery/delivery.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type Answered, type CallDependencies, CallFailed, callEndpoint } from './call.ts';
import {
  stepWebhookDelivery,
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookStep,
  withCall,
} from './delivery.ts';
import { DeliveryRaced, type WebhookDeliveryStore } from './delivery-store.ts';
import type { DisableDependencies } from './disable-endpoint.ts';
import type { WebhookEndpoint } from './endpoint.ts';
import { givenUpAlert } from './given-up-alert.ts';

/** What delivering needs. */
export interface DeliverOneDependencies extends CallDependencies, Pick<DisableDependencies, 'tables' | 'newId'> {
  readonly deliveries: Pick<WebhookDeliveryStore, 'event' | 'save'>;
  readonly policy: DeliveryPolicy;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What came of a delivery. `skipped`: somebody else is at it, or its event is gone. `held`: its circuit let nothing through. */
export type Delivered = 'delivered' | 'failed' | 'silent' | 'gone' | 'held' | 'skipped';

/** Kept for storing what a call came to, before the deadline. */
export const WRITE_BUDGET_MS = 3_000;
/** How long a delivery waits that Haven itself could not make: until the schedule has run again. */
const OWN_FAULT_HOLD_MS = 60_000;

/** What one pass over the deliveries to an endpoint has told operators. */
export interface Told {
  /** Whether they know that a delivery was given up: one alert says it for the others. */
  givenUp: boolean;
}

/** Makes one call, which is stored before it is made: whoever is killed in the middle of it makes it again, with the same id. */
export async function deliverOne(
  deps: DeliverOneDependencies & { readonly told: Told },
  endpoint: WebhookEndpoint,
  breaker: Breaker,
  delivery: WebhookDelivery,
  deadline: Deadline,
): Promise<Delivered> {
  const event = await deps.deliveries.event(delivery.event_id);
  if (event === undefined) {
    // Its time to live has taken it away.
    await apply(deps, delivery, { type: 'removed', why: 'event_expired' }, deadline);
    return 'skipped';
  }
  const begun = await apply(deps, delivery, { type: 'begin' }, deadline);
  if (begun === undefined) return 'skipped';
  if (begun.status !== 'sending') return reported(deps, begun, 'failed');
  const attempt = begun.attempts;
  const sinceMs = deps.clock();
  const called = (status: number | null, error: string | null): WebhookAttempt => ({
    attempt,
    at: isoTime(sinceMs),
    duration_ms: deps.clock() - sinceMs,
    status,
    error,
  });
  const call = Deadline.in(deadline.remainingMs() - WRITE_BUDGET_MS, deps.clock);
  let answered: Answered;
  try {
    answered = await throughBreaker(
      breaker,
      () => callEndpoint(deps, endpoint, event, call),
      (error) => error instanceof CallFailed && error.failure.unwell,
    );
  } catch (error) {
    if (error instanceof HavenError && error.code === 'CIRCUIT_OPEN') {
      const retryAfterMs = 1_000 * (error.retryAfterSeconds ?? 1);
      await apply(deps, begun, { type: 'held', why: 'circuit_open', attempt, retryAfterMs }, deadline);
      return 'held';
    }
    if (!(error instanceof CallFailed)) {
      // The endpoint is not to blame, so its attempt is given back. Who works it says what is wrong.
      const retryAfterMs = OWN_FAULT_HOLD_MS;
      await apply(deps, begun, { type: 'held', why: 'internal_error', attempt, retryAfterMs }, deadline);
      throw error;
    }
    const { reason, gone, silent, status, excerpt, retryAfterMs } = error.failure;
    const step = { type: 'failed', attempt, error: reason, final: gone, jitter: deps.random(), retryAfterMs } as const;
    const after = await apply(deps, begun, step, deadline, withCall(begun, called(status, reason), excerpt));
    return reported(deps, after, gone ? 'gone' : silent ? 'silent' : 'failed');
  }
  const latencyMs = deps.clock() - sinceMs;
  const after = withCall(begun, called(answered.status, null), answered.excerpt);
  await apply(deps, begun, { type: 'delivered', attempt, latencyMs }, deadline, after);
  deps.log.write('WEBHOOK_DELIVERED', { ...factsOf(delivery), attempts: attempt, latency_ms: latencyMs });
  deps.metrics.count('WebhookDelivered');
  return 'delivered';
}

/**
 * Stores what happened to a delivery.
 *
 * @param with what else is known of it by then
 * @returns undefined when it could not happen, because somebody else was there first
 */
async function apply(
  deps: DeliverOneDependencies & { readonly told: Told },
  before: WebhookDelivery,
  step: WebhookStep,
  deadline: Deadline,
  known: WebhookDelivery = before,
): Promise<WebhookDelivery | undefined> {
  const { deliveries, policy, tables, told, clock } = deps;
  const after = stepWebhookDelivery(policy, known, step, clock());
  if (after === undefined) return undefined;
  const alert = isTold(after, step) && !told.givenUp ? givenUpAlert(after, deps.newId, clock()) : undefined;
  try {
    await deliveries.save(before, after, deadline, (write) => {
      if (alert !== undefined) recordAlert(write, tables, alert);
    });
    if (alert !== undefined) {
      told.givenUp = true;
      reportAlert(deps, alert);
    }
    return after;
  } catch (error) {
    if (error instanceof DeliveryRaced) return undefined;
    throw error;
  }
}

/** Whether operators are to hear of an end: of 410 they do, for the endpoint is disabled, and what is too old is no news. */
function isTold({ status }: WebhookDelivery, step: WebhookStep): boolean {
  return status === 'given_up' && step.type !== 'removed' && !(step.type === 'failed' && step.final);
}

const factsOf = ({ id, endpoint_id, event_id, event_type }: WebhookDelivery) => ({
  delivery_id: id,
  endpoint_id,
  event_id,
  type: event_type,
});

function reported(
  { log, metrics }: DeliverOneDependencies,
  delivery: WebhookDelivery | undefined,
  outcome: Delivered,
): Delivered {
  if (delivery === undefined) return outcome;
  const { attempts, last_error, next_attempt_at, status } = delivery;
  const facts = { ...factsOf(delivery), attempts, reason: last_error };
  if (status === 'given_up') {
    log.write('WEBHOOK_GIVEN_UP', facts);
    metrics.count('WebhookGivenUp');
  } else {
    log.write('WEBHOOK_NOT_DELIVERED', { ...facts, next_attempt_at });
    metrics.count('WebhookNotDelivered');
  }
  return outcome;
}
