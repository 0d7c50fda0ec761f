import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import {
  type DeliveryPolicy,
  type DeliveryStep,
  deliveryStateSchema,
  halfJittered,
  hasEnded,
  isDue,
  newDeliveryState,
  takeDeliveryStep,
} from '#shared/platform/delivery/delivery.ts';

/** One alert to one channel, as it is stored. */
export const deliverySchema = deliveryStateSchema.extend({
  /** The name of the channel: see AlertChannel. */
  channel: z.string(),
  /** Until when it waited, or waits, for the end of the channel's quiet hours. */
  held_until: z.string().nullable().default(null),
});

/** One alert to one channel. */
export type Delivery = z.output<typeof deliverySchema>;

/** What can happen to the delivery of an alert. */
export type DeliveryEvent =
  | Exclude<DeliveryStep<'circuit_open' | 'channel_unreadable'>, { type: 'removed' }>
  /** The channel is to be left in peace until then. */
  | { readonly type: 'quiet'; readonly untilMs: number }
  /** The channel is no longer configured. */
  | { readonly type: 'removed' };

/** When a call of which nothing was heard counts as lost. */
export const LEASE_MS = 90_000;
/** The first wait. What is due is tried by the runs of the schedule, which are a minute apart. */
const BASE_DELAY_MS = 15_000;
/** No wait is longer: a channel that works again hears of everything within this time. */
const MAX_DELAY_MS = 30 * 60_000;
/** An alert that nobody could be told of for a day is told by the alarm on what was given up. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;

/** A delivery that is to be made now. */
export function newDelivery(channel: string, nowMs: number): Delivery {
  return { channel, held_until: null, ...newDeliveryState(nowMs) };
}

/**
 * The wait after so many attempts: doubled each time, and between half and all of that, so that what failed together is not
 * tried together again.
 *
 * @param jitter from 0 to below 1
 */
export function backoffMs(attempts: number, jitter: number): number {
  return halfJittered(Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.max(0, attempts - 1)), jitter);
}

/**
 * What becomes of a delivery.
 *
 * @returns undefined when that can't happen to it as it is: somebody else was there first, or the call that ends was
 *   taken for lost and another was begun
 */
export function stepDelivery(delivery: Delivery, event: DeliveryEvent, nowMs: number): Delivery | undefined {
  if (event.type === 'quiet') return quietUntil(delivery, event.untilMs, nowMs);
  const step = event.type === 'removed' ? { ...event, why: 'channel_removed' } : event;
  return takeDeliveryStep(policyFor(delivery), delivery, step, nowMs);
}

function quietUntil(delivery: Delivery, untilMs: number, nowMs: number): Delivery | undefined {
  if (hasEnded(delivery) || !isDue(delivery, nowMs)) return undefined;
  const until = isoTime(untilMs);
  return { ...delivery, status: 'waiting', next_attempt_at: until, held_until: until, version: delivery.version + 1 };
}

/** The time in which a channel was not to be called doesn't count against it. */
function policyFor({ held_until }: Delivery): DeliveryPolicy {
  return {
    leaseMs: () => LEASE_MS,
    delayMs: backoffMs,
    isTooLate: ({ created_at }, atMs) => atMs > Date.parse(held_until ?? created_at) + GIVE_UP_AFTER_MS,
  };
}
