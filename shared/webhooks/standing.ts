import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import { redeliverySchema } from './redelivery.ts';

/**
 * How it stands with delivering to an endpoint. It is in the index of what is due as long as a delivery may be open, so that whoever delivers
 * reads of a thousand endpoints only those that it must.
 */
export const standingSchema = z.object({
  endpoint_id: z.string(),
  /** When somebody has to look at it; null: nothing is open. ISO 8601, UTC, as all times here. */
  due_at: z.string().nullable(),
  /** When somebody last said that there is something to do. */
  woken_at: z.string(),
  /** Until when somebody delivers to it; nobody else begins before. */
  leased_until: z.string().nullable(),
  /** Until when it is left alone as a whole: it hangs, or its circuit is open. */
  held_until: z.string().nullable(),
  /** Since when every call has failed; null: the last one did not, or nothing is open any more: a time without calls says nothing. */
  failing_since: z.string().nullable(),
  /** What is to be sent to it again; null: nothing. */
  redelivery: redeliverySchema.nullable(),
  version: z.number().int(),
});

/** How it stands with delivering to an endpoint. */
export type Standing = z.output<typeof standingSchema>;

/** Longer than whoever delivers may run, who is surely gone after it. */
export const LEASE_MS = 75_000;
/** An endpoint that was woken so lately needs no other wake: it stays in the index for far longer than that. */
const WOKEN_LATELY_MS = 60_000;
/**
 * How long an endpoint stays in the index after its last wake though nothing seems open: deliveries are found by an index of their own, which
 * may be a moment behind what was written.
 */
const LINGER_MS = 15 * 60_000;
/** While it lingers, and for who was left half done: no longer than between two runs of the schedule. */
const LOOK_AGAIN_MS = 60_000;

/** Of an endpoint to which nothing was ever delivered. */
export function newStanding(endpointId: string, nowMs: number): Standing {
  return {
    endpoint_id: endpointId,
    due_at: null,
    woken_at: isoTime(nowMs),
    leased_until: null,
    held_until: null,
    failing_since: null,
    redelivery: null,
    version: 1,
  };
}

/** Whether who adds a delivery must say so here; not where it was said a moment ago, so that events at once are no rivals for one row. */
export function needsWake({ due_at, woken_at }: Standing, nowMs: number): boolean {
  return due_at === null || Date.parse(woken_at) <= nowMs - WOKEN_LATELY_MS;
}

/** After somebody said that there is something to do. */
export function wokenStanding(standing: Standing, nowMs: number): Standing {
  const now = isoTime(nowMs);
  return next(standing, { woken_at: now, due_at: now });
}

/** Whether somebody delivers to it now. */
export function isLeased({ leased_until }: Standing, nowMs: number): boolean {
  return leased_until !== null && Date.parse(leased_until) > nowMs;
}

/** Whether it is left alone. */
export function isHeld({ held_until }: Standing, nowMs: number): boolean {
  return held_until !== null && Date.parse(held_until) > nowMs;
}

/** After somebody has taken it to deliver to it: it is due again when that one must be gone. */
export function leasedStanding(standing: Standing, nowMs: number): Standing {
  const until = isoTime(nowMs + LEASE_MS);
  return next(standing, { leased_until: until, held_until: null, due_at: until });
}

/** What came of delivering to it. */
export interface PassOutcome {
  /** When the soonest of its open deliveries is due; undefined: none is open, as far as is known. */
  readonly soonest: string | undefined;
  /** Leave it alone until then. */
  readonly holdMs?: number | undefined;
  /** `ok`: some call was taken. `failed`: none was. `none`: there was no call. */
  readonly calls: 'ok' | 'failed' | 'none';
  /** When what is due was last looked for; who was woken after that is looked at again. Milliseconds since the Unix epoch. */
  readonly lookedAtMs: number;
}

/** After whoever delivered to it lets go of it. */
export function releasedStanding(standing: Standing, outcome: PassOutcome, nowMs: number): Standing {
  const { soonest, holdMs, calls, lookedAtMs } = outcome;
  const isWokenSince = Date.parse(standing.woken_at) >= lookedAtMs;
  const isIdle =
    holdMs === undefined && calls === 'none' && soonest === undefined && !isWokenSince && standing.redelivery === null;
  const freed = { leased_until: null, failing_since: isIdle ? null : failingSince(standing, calls, nowMs) };
  if (holdMs !== undefined) {
    const until = isoTime(nowMs + holdMs);
    return next(standing, { ...freed, held_until: until, due_at: until });
  }
  return next(standing, { ...freed, due_at: isWokenSince ? isoTime(nowMs) : dueAfter(standing, outcome, nowMs) });
}

function failingSince({ failing_since }: Standing, calls: PassOutcome['calls'], nowMs: number): string | null {
  if (calls === 'ok') return null;
  return calls === 'failed' ? (failing_since ?? isoTime(nowMs)) : failing_since;
}

/** After somebody enabled it: what was heard of it before counts no more. */
export function enabledStanding(standing: Standing, nowMs: number): Standing {
  return { ...wokenStanding(standing, nowMs), held_until: null, failing_since: null };
}

/** After nothing is delivered to it any more, for it is disabled: whoever enables it wakes it. */
export function restedStanding(standing: Standing): Standing {
  return next(standing, { leased_until: null, held_until: null, due_at: null });
}

function dueAfter({ woken_at, redelivery }: Standing, { soonest, calls }: PassOutcome, nowMs: number): string | null {
  const again = isoTime(nowMs + LOOK_AGAIN_MS);
  if (redelivery !== null) return isoTime(nowMs);
  const isLingering = Date.parse(woken_at) + LINGER_MS > nowMs;
  // What a call came to may not be in the index yet: nothing that was found right after one says little.
  if (!isLingering && (soonest !== undefined || calls === 'none')) return soonest ?? null;
  return soonest === undefined || soonest > again ? again : soonest;
}

function next(standing: Standing, change: Partial<Standing>): Standing {
  return { ...standing, ...change, version: standing.version + 1 };
}
