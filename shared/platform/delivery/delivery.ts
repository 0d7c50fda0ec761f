import * as z from 'zod';
import { isoTime } from '../clock.ts';

/** Where a delivery stands. `sending`: stored before the call; nobody knows yet, or ever, whether it was told. */
export const deliveryStatusSchema = z.enum(['waiting', 'sending', 'delivered', 'given_up']);

/** One thing to be told to one receiver, as it is stored; whoever tells adds which. */
export const deliveryStateSchema = z.object({
  status: deliveryStatusSchema,
  /** Calls that were begun; those that the receiver's circuit refused are none. */
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

/** One thing to be told to one receiver. */
export type DeliveryState = z.output<typeof deliveryStateSchema>;

/** What can happen to a delivery. `held` and `removed` say why in the words of who delivers. */
export type DeliveryStep<Why extends string> =
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
      /** What the receiver asked to be left alone for; no sooner than that. */
      readonly retryAfterMs?: number | undefined;
    }
  /** No call can be made now: no attempt was used. `attempt`: the one that was begun before that was known. */
  | {
      readonly type: 'held';
      readonly why: Why;
      readonly attempt: number | undefined;
      readonly retryAfterMs: number;
    }
  /** There is no such receiver any more. */
  | { readonly type: 'removed'; readonly why: string };

/** When deliveries of a kind are tried again, and when no more. */
export interface DeliveryPolicy {
  /**
   * When the call of an attempt, of which nothing was heard, counts as lost and is made again. Longer than a call and the writes around it take at most,
   * so that two runs seldom make the same call; a receiver can tell by the id when they do.
   */
  leaseMs(attempt: number): number;
  /**
   * The wait after so many attempts.
   *
   * @param jitter from 0 to below 1
   */
  delayMs(attempts: number, jitter: number): number;
  /** Whether it would be too late to try again at that time. */
  isTooLate(delivery: DeliveryState, atMs: number): boolean;
}

/** What a delivery is that is to be made now. */
export function newDeliveryState(nowMs: number): DeliveryState {
  const now = isoTime(nowMs);
  return {
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
export function isDue({ next_attempt_at }: Pick<DeliveryState, 'next_attempt_at'>, nowMs: number): boolean {
  return next_attempt_at !== null && Date.parse(next_attempt_at) <= nowMs;
}

/** Whether nothing can happen to it any more. */
export function hasEnded({ status }: Pick<DeliveryState, 'status'>): boolean {
  return status === 'delivered' || status === 'given_up';
}

/** A wait between half and all of the whole, so that what failed together is not tried together again. */
export function halfJittered(wholeMs: number, jitter: number): number {
  return Math.round(wholeMs * (0.5 + jitter / 2));
}

/**
 * What becomes of a delivery.
 *
 * @returns undefined when that can't happen to it as it is: somebody else was there first, or the call that ends was
 *   taken for lost and another was begun
 */
export function takeDeliveryStep<D extends DeliveryState>(
  policy: DeliveryPolicy,
  delivery: D,
  event: DeliveryStep<string>,
  nowMs: number,
): D | undefined {
  if (hasEnded(delivery)) return undefined;
  switch (event.type) {
    case 'begin':
      if (!isDue(delivery, nowMs)) return undefined;
      // Calls that nobody hears of again, one after the other: it ends all the same.
      if (delivery.attempts > 0 && policy.isTooLate(delivery, nowMs)) return ended(delivery, 'given_up', nowMs, {});
      return next(delivery, {
        status: 'sending',
        attempts: delivery.attempts + 1,
        next_attempt_at: isoTime(nowMs + policy.leaseMs(delivery.attempts + 1)),
      });
    case 'delivered':
      if (!isUnderWay(delivery, event.attempt)) return undefined;
      return ended(delivery, 'delivered', nowMs, { latency_ms: Math.round(event.latencyMs), last_error: null });
    case 'failed': {
      if (!isUnderWay(delivery, event.attempt)) return undefined;
      if (event.final) return ended(delivery, 'given_up', nowMs, { last_error: event.error });
      const delayMs = Math.max(policy.delayMs(delivery.attempts, event.jitter), event.retryAfterMs ?? 0);
      return later(policy, delivery, event.error, nowMs, delayMs);
    }
    case 'held':
      return held(policy, delivery, event, nowMs);
    case 'removed':
      return ended(delivery, 'given_up', nowMs, { last_error: event.why });
  }
}

function held<D extends DeliveryState>(
  policy: DeliveryPolicy,
  delivery: D,
  { why, attempt, retryAfterMs }: Extract<DeliveryStep<string>, { type: 'held' }>,
  nowMs: number,
): D | undefined {
  if (attempt === undefined)
    return isDue(delivery, nowMs) ? later(policy, delivery, why, nowMs, retryAfterMs) : undefined;
  if (!isUnderWay(delivery, attempt)) return undefined;
  return later(policy, { ...delivery, attempts: delivery.attempts - 1 }, why, nowMs, retryAfterMs);
}

function isUnderWay({ status, attempts }: DeliveryState, attempt: number): boolean {
  return status === 'sending' && attempts === attempt;
}

/** To be tried again, unless that would be too late. */
function later<D extends DeliveryState>(
  policy: DeliveryPolicy,
  delivery: D,
  error: string,
  nowMs: number,
  delayMs: number,
): D {
  const atMs = nowMs + Math.max(0, delayMs);
  if (policy.isTooLate(delivery, atMs)) return ended(delivery, 'given_up', nowMs, { last_error: error });
  return next(delivery, { status: 'waiting', next_attempt_at: isoTime(atMs), last_error: error });
}

function ended<D extends DeliveryState>(
  delivery: D,
  status: 'delivered' | 'given_up',
  nowMs: number,
  facts: Partial<Pick<DeliveryState, 'last_error' | 'latency_ms'>>,
): D {
  return next(delivery, { status, next_attempt_at: null, ended_at: isoTime(nowMs), ...facts });
}

function next<D extends DeliveryState>(delivery: D, change: Partial<DeliveryState>): D {
  return { ...delivery, ...change, version: delivery.version + 1 };
}
