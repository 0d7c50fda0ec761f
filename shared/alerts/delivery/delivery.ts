import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';

/** Where a delivery stands. `sending`: stored before the call; nobody knows yet, or ever, whether it was told. */
const deliveryStatusSchema = z.enum(['waiting', 'sending', 'delivered', 'given_up']);

/** One alert to one channel, as it is stored. */
export const deliverySchema = z.object({
  /** `email` or `webhook:<name>`. */
  channel: z.string(),
  status: deliveryStatusSchema,
  /** Calls that were begun; those that the channel's circuit refused are none. */
  attempts: z.number().int(),
  /** ISO 8601, UTC, as all times here. */
  created_at: z.string(),
  /** While waiting: when it is tried (again). While sending: when the call counts as lost and is made again. Null once it has ended. */
  next_attempt_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  /** How long the call took that delivered it. */
  latency_ms: z.number().int().nullable(),
  /** Of the latest call that failed, in a few words that are safe to show: `timed_out`, `http_503`. */
  last_error: z.string().nullable(),
  version: z.number().int(),
});

/** One alert to one channel. */
export type Delivery = z.output<typeof deliverySchema>;

/** What can happen to a delivery. */
export type DeliveryEvent =
  /** A call is about to be made. */
  | { readonly type: 'begin' }
  | { readonly type: 'delivered'; readonly attempt: number; readonly latencyMs: number }
  | {
      readonly type: 'failed';
      readonly attempt: number;
      readonly error: string;
      /** Whether trying again can't help. */
      readonly final: boolean;
      /** From 0 to below 1: the share of the jitter. */
      readonly jitter: number;
    }
  /** No call can be made now: no attempt was used. `attempt`: the one that was begun before that was known. */
  | {
      readonly type: 'held';
      readonly why: 'circuit_open' | 'channel_unreadable';
      readonly attempt: number | undefined;
      readonly retryAfterMs: number;
    }
  /** The channel is no longer configured. */
  | { readonly type: 'removed' };

/**
 * When a call of which nothing was heard counts as lost. Longer than a call and the writes around it take at most, so that
 * two runs seldom make the same call; a receiver can tell by the id when they do.
 */
export const LEASE_MS = 90_000;
/** The first wait. Runs are a minute apart at most, and the next recorded alert makes one sooner. */
const BASE_DELAY_MS = 15_000;
/** No wait is longer: a channel that works again hears of everything within this time. */
const MAX_DELAY_MS = 30 * 60_000;
/** An alert that nobody could be told of for a day is told by the alarm on what was given up. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;

/** A delivery that is to be made now. */
export function newDelivery(channel: string, nowMs: number): Delivery {
  const now = isoTime(nowMs);
  return {
    channel,
    status: 'waiting',
    attempts: 0,
    created_at: now,
    next_attempt_at: now,
    ended_at: null,
    latency_ms: null,
    last_error: null,
    version: 1,
  };
}

/** Whether a call is to be made now. */
export function isDue({ next_attempt_at }: Delivery, nowMs: number): boolean {
  return next_attempt_at !== null && Date.parse(next_attempt_at) <= nowMs;
}

/** Whether nothing can happen to it any more. */
export function hasEnded({ status }: Delivery): boolean {
  return status === 'delivered' || status === 'given_up';
}

/**
 * The wait after so many attempts: doubled each time, and between half and all of that, so that what failed together is not
 * tried together again.
 *
 * @param jitter from 0 to below 1
 */
export function backoffMs(attempts: number, jitter: number): number {
  const whole = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.max(0, attempts - 1));
  return Math.round(whole * (0.5 + jitter / 2));
}

/**
 * What becomes of a delivery.
 *
 * @returns undefined when that can't happen to it as it is: somebody else was there first, or the call that ends was
 *   taken for lost and another was begun
 */
export function stepDelivery(delivery: Delivery, event: DeliveryEvent, nowMs: number): Delivery | undefined {
  if (hasEnded(delivery)) return undefined;
  switch (event.type) {
    case 'begin':
      if (!isDue(delivery, nowMs)) return undefined;
      // Calls that nobody hears of again, one after the other: it ends all the same.
      if (delivery.attempts > 0 && isTooLate(delivery, nowMs)) return ended(delivery, 'given_up', nowMs, {});
      return next(delivery, {
        status: 'sending',
        attempts: delivery.attempts + 1,
        next_attempt_at: isoTime(nowMs + LEASE_MS),
      });
    case 'delivered':
      if (!isUnderWay(delivery, event.attempt)) return undefined;
      return ended(delivery, 'delivered', nowMs, { latency_ms: Math.round(event.latencyMs), last_error: null });
    case 'failed':
      if (!isUnderWay(delivery, event.attempt)) return undefined;
      if (event.final) return ended(delivery, 'given_up', nowMs, { last_error: event.error });
      return later(delivery, event.error, nowMs, backoffMs(delivery.attempts, event.jitter));
    case 'held':
      return held(delivery, event, nowMs);
    case 'removed':
      return ended(delivery, 'given_up', nowMs, { last_error: 'channel_removed' });
  }
}

function held(
  delivery: Delivery,
  { why, attempt, retryAfterMs }: Extract<DeliveryEvent, { type: 'held' }>,
  nowMs: number,
): Delivery | undefined {
  if (attempt === undefined) return isDue(delivery, nowMs) ? later(delivery, why, nowMs, retryAfterMs) : undefined;
  if (!isUnderWay(delivery, attempt)) return undefined;
  return later({ ...delivery, attempts: delivery.attempts - 1 }, why, nowMs, retryAfterMs);
}

function isUnderWay({ status, attempts }: Delivery, attempt: number): boolean {
  return status === 'sending' && attempts === attempt;
}

/** To be tried again, unless that would be too late. */
function later(delivery: Delivery, error: string, nowMs: number, delayMs: number): Delivery {
  const atMs = nowMs + Math.max(0, delayMs);
  if (isTooLate(delivery, atMs)) return ended(delivery, 'given_up', nowMs, { last_error: error });
  return next(delivery, { status: 'waiting', next_attempt_at: isoTime(atMs), last_error: error });
}

function isTooLate({ created_at }: Delivery, atMs: number): boolean {
  return atMs > Date.parse(created_at) + GIVE_UP_AFTER_MS;
}

function ended(
  delivery: Delivery,
  status: 'delivered' | 'given_up',
  nowMs: number,
  facts: Partial<Pick<Delivery, 'last_error' | 'latency_ms'>>,
): Delivery {
  return next(delivery, { status, next_attempt_at: null, ended_at: isoTime(nowMs), ...facts });
}

function next(delivery: Delivery, change: Partial<Delivery>): Delivery {
  return { ...delivery, ...change, version: delivery.version + 1 };
}
