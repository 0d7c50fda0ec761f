import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { hasEnded } from '#shared/platform/delivery/delivery.ts';
import { alertSchema } from '../alert.ts';
import type { Delivery } from './delivery.ts';

/**
 * What came of telling an alert. `open`: some delivery has not ended. `told`: to one channel at least. `given_up`: to none of
 * those that there are. `held_back`: counted, because the same was told shortly before. `no_channel`: there is none.
 */
export const toldStatusSchema = z.enum(['open', 'told', 'given_up', 'held_back', 'no_channel']);

/** An alert with what came of telling it, as it is stored; rows that nobody looked at yet have none of it. */
export const toldAlertSchema = alertSchema.extend({
  told_status: toldStatusSchema.default('open'),
  /** Whether it was judged by its cool-down, and has deliveries to the channels that were known. */
  is_judged: z.boolean().default(false),
  /** Whether it has deliveries to all channels: not while some could not be read. */
  is_planned: z.boolean().default(false),
  /** Alerts of the same thing that were counted and not told since the one before. */
  held_back_before: z.number().int().default(0),
  /** Raised by every change of it or of one of its deliveries; absent while nobody looked at it. */
  told_version: z.number().int().optional(),
  /** Who has said that they look after it, when, and what they noted; absent: nobody has. */
  acknowledged: z.object({ at: z.string(), by: z.string(), note: z.string().nullable() }).optional(),
  /** Where its audit stream ends; absent: nobody has done anything to it. */
  ...auditHeadSchema.partial().shape,
});

/** An alert with what came of telling it. */
export type ToldAlert = z.output<typeof toldAlertSchema>;

/** How an alert stands among the undelivered. */
export type Undelivered = { readonly dueAt: string } | 'ended';

/**
 * How soon channels that could not be read are looked for again: the older the alert, the later. Each look is a write for each alert of a day, and
 * others have told it by then.
 */
const PLAN_RETRY_MS = { least: 60_000, most: 30 * 60_000 };

/** What came of an alert, by its deliveries, all of those that it will have. */
export function toldStatusOf(
  isPlanned: boolean,
  deliveries: readonly Delivery[],
): Extract<ToldAlert['told_status'], 'open' | 'told' | 'given_up' | 'no_channel'> {
  if (!isPlanned || deliveries.some((delivery) => !hasEnded(delivery))) return 'open';
  if (deliveries.length === 0) return 'no_channel';
  return deliveries.some(({ status }) => status === 'delivered') ? 'told' : 'given_up';
}

/** When something is next to be done about an alert: the soonest of its open deliveries, or to look for channels again. */
export function undeliveredOf(
  status: ToldAlert['told_status'],
  { is_planned, occurred_at }: Pick<ToldAlert, 'is_planned' | 'occurred_at'>,
  deliveries: readonly Delivery[],
  nowMs: number,
): Undelivered {
  if (status !== 'open') return 'ended';
  const due = deliveries.flatMap(({ next_attempt_at }) => next_attempt_at ?? []);
  const ageMs = nowMs - Date.parse(occurred_at);
  const again = isoTime(nowMs + Math.min(PLAN_RETRY_MS.most, Math.max(PLAN_RETRY_MS.least, ageMs)));
  const [soonest = again] = [...due, ...(is_planned ? [] : [again])].sort();
  return { dueAt: soonest };
}
