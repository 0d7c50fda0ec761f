import * as z from 'zod';

const NAME_ERROR = "INVALID_PARAMETER: must be a circuit's name, such as rpc:1:endpoint-1";

/**
 * What a breaker may be called: its kind, then what it stands before, `rpc:1:primary`. A name is shown and stored, so
 * it is never made of an address or a secret.
 */
export const breakerNameSchema = z
  .string({ error: NAME_ERROR })
  .regex(/^[a-z][a-z0-9_-]*(:[a-z0-9][a-z0-9_.-]*){1,4}$/, { error: NAME_ERROR })
  .max(120, { error: NAME_ERROR });

/** Whether calls pass (closed), are refused (open), or are let through a few at a time to see (half open). */
export const breakerStatusSchema = z.enum(['closed', 'open', 'half_open']);

/** Whether calls pass. */
export type BreakerStatus = z.output<typeof breakerStatusSchema>;

/** One change of a breaker's status, and why. */
const transitionSchema = z.object({
  from: breakerStatusSchema,
  to: breakerStatusSchema,
  /** Milliseconds since the Unix epoch. */
  at_ms: z.number().int(),
  /** In a few words; never an address or a secret. */
  cause: z.string(),
});

/** All that is known of a breaker, as it is stored and shared. Times in milliseconds since the Unix epoch. */
export const breakerStateSchema = z.object({
  status: breakerStatusSchema,
  /** Raised by every change of status: what a call came to counts only in the status that admitted it. */
  generation: z.number().int(),
  /** Failures in a row, while closed. */
  failures: z.number().int(),
  last_failure_at_ms: z.number().int().nullable(),
  /** Probes that succeeded, while half open. */
  successes: z.number().int(),
  /** Until when calls are refused, while open. */
  open_until_ms: z.number().int().nullable(),
  /** Calls under way while half open; one that is never heard of again gives its place up in time. */
  probes: z.array(z.object({ id: z.string(), until_ms: z.number().int() })),
  /** The latest changes, newest first. */
  history: z.array(transitionSchema),
});

/** All that is known of a breaker. */
export type BreakerState = z.output<typeof breakerStateSchema>;

/** When a breaker changes its status. */
export interface BreakerPolicy {
  /** Failures in a row after which it opens. */
  readonly failures: number;
  /** Successful probes after which it closes. */
  readonly successes: number;
  /** How long it stays open before it lets probes through. */
  readonly openMs: number;
  /** Probes that may be under way at once. */
  readonly probes: number;
  /** After this time a probe that said nothing has lost its place; longer than any call takes. */
  readonly probeMs: number;
  /** A failure that is older than this has nothing to do with the next one. */
  readonly failureWindowMs: number;
}

/** What can happen to a breaker. */
export type BreakerEvent =
  | { readonly type: 'lease'; readonly probeId: string }
  | { readonly type: 'success'; readonly permit: Permit }
  | {
      readonly type: 'failure';
      readonly permit: Permit;
      /** Whether a call has succeeded where this one failed, since the failure before it. */
      readonly afterSuccess: boolean;
      readonly cause: string;
    }
  | { readonly type: 'reset'; readonly cause: string };

/** With what a call was admitted; handed back with what it came to. */
export interface Permit {
  readonly generation: number;
  /** Set for a probe. */
  readonly probeId: string | undefined;
}

/** What a breaker says to a call: it may pass, it may pass as a probe once it has leased a place, or it may not. */
export type Standing = 'pass' | 'probe' | 'refuse';

/** The changes of status that are kept. */
export const MAX_HISTORY = 20;

/** A breaker to which nothing has happened. */
export const INITIAL_STATE: BreakerState = {
  status: 'closed',
  generation: 0,
  failures: 0,
  last_failure_at_ms: null,
  successes: 0,
  open_until_ms: null,
  probes: [],
  history: [],
};

/** What a breaker says to a call at that time. */
export function standingOf(state: BreakerState, policy: BreakerPolicy, nowMs: number): Standing {
  if (state.status === 'closed') return 'pass';
  if (state.status === 'open') return nowMs >= (state.open_until_ms ?? 0) ? 'probe' : 'refuse';
  return liveProbes(state, nowMs).length < policy.probes ? 'probe' : 'refuse';
}

/** Milliseconds until a call that is refused now is worth trying again. */
export function retryAfterMs(state: BreakerState, nowMs: number): number {
  if (state.status === 'open') return Math.max(0, (state.open_until_ms ?? 0) - nowMs);
  const ends = state.probes.map(({ until_ms }) => until_ms - nowMs).filter((ms) => ms > 0);
  return ends.length === 0 ? 0 : Math.min(...ends);
}

/**
 * What becomes of a breaker (domain.md, "Circuit breaker"): closed -> open after `failures` in a row, open -> half open
 * when its time is over and a probe wants in, half open -> closed after `successes` of probes, -> open on any failure.
 * A call that an earlier status admitted changes nothing: it tells of a time before the last change.
 *
 * @returns the same object when nothing changes, so that nothing needs to be stored
 */
export function step(state: BreakerState, event: BreakerEvent, policy: BreakerPolicy, nowMs: number): BreakerState {
  switch (event.type) {
    case 'reset':
      return moved(state, 'closed', event.cause, nowMs);
    case 'lease':
      return leased(state, event.probeId, policy, nowMs);
    case 'success':
      return succeeded(state, event.permit, policy, nowMs);
    case 'failure':
      return event.permit.generation === state.generation ? failed(state, event, policy, nowMs) : state;
  }
}

function leased(state: BreakerState, probeId: string, policy: BreakerPolicy, nowMs: number): BreakerState {
  if (standingOf(state, policy, nowMs) !== 'probe') return state;
  const due = state.status === 'open' ? moved(state, 'half_open', 'its time is over', nowMs) : state;
  const probe = { id: probeId, until_ms: nowMs + policy.probeMs };
  return { ...due, probes: [...liveProbes(due, nowMs), probe] };
}

function succeeded(state: BreakerState, permit: Permit, policy: BreakerPolicy, nowMs: number): BreakerState {
  if (state.status !== 'half_open' || permit.generation !== state.generation) return state;
  const probes = state.probes.filter(({ id }) => id !== permit.probeId);
  if (probes.length === state.probes.length) return state;
  const successes = state.successes + 1;
  if (successes < policy.successes) return { ...state, probes, successes };
  return moved(state, 'closed', `${successes} probes succeeded`, nowMs);
}

function failed(
  state: BreakerState,
  { afterSuccess, cause }: Extract<BreakerEvent, { type: 'failure' }>,
  policy: BreakerPolicy,
  nowMs: number,
): BreakerState {
  if (state.status === 'open') return state;
  if (state.status === 'half_open') return moved(state, 'open', cause, nowMs, policy);
  const isAlone =
    afterSuccess || state.last_failure_at_ms === null || nowMs - state.last_failure_at_ms > policy.failureWindowMs;
  const failures = isAlone ? 1 : state.failures + 1;
  if (failures >= policy.failures) return moved(state, 'open', cause, nowMs, policy);
  return { ...state, failures, last_failure_at_ms: nowMs };
}

function moved(
  state: BreakerState,
  to: BreakerStatus,
  cause: string,
  nowMs: number,
  policy?: BreakerPolicy,
): BreakerState {
  return {
    ...INITIAL_STATE,
    status: to,
    generation: state.generation + 1,
    open_until_ms: to === 'open' ? nowMs + (policy?.openMs ?? 0) : null,
    history: [{ from: state.status, to, at_ms: nowMs, cause }, ...state.history].slice(0, MAX_HISTORY),
  };
}

function liveProbes(state: BreakerState, nowMs: number): BreakerState['probes'] {
  return state.probes.filter(({ until_ms }) => until_ms > nowMs);
}
