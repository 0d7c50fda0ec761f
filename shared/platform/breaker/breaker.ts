import type { Clock } from '../clock.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { Log } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import {
  type BreakerEvent,
  type BreakerPolicy,
  type BreakerState,
  INITIAL_STATE,
  type Permit,
  retryAfterMs,
  type Standing,
  standingOf,
  step,
} from './breaker-state.ts';
import type { BreakerRecord, BreakerStore } from './breaker-store.ts';

/** Whether a call may go out. */
export type Admission =
  | { readonly admitted: true; readonly permit: Permit }
  | { readonly admitted: false; readonly retryAfterMs: number };

/** Stands before one thing outside, for all processes together. None of its methods ever fails. */
export interface Breaker {
  readonly name: string;
  /** What a call would be told, without leasing a place for a probe. */
  standing(): Promise<{ readonly standing: Standing; readonly retryAfterMs: number }>;
  /** Asks for a call to be let through; a half-open circuit leases it one of few places. */
  admit(): Promise<Admission>;
  /** Says that an admitted call succeeded. While closed that is only remembered here, and costs nothing. */
  succeeded(permit: Permit): Promise<void>;
  /**
   * Says that an admitted call failed, in a way that counts: which ones do is for the caller to say.
   *
   * @param cause in a few words; never an address or a secret
   */
  failed(permit: Permit, cause: string): Promise<void>;
}

/** Gives breakers by name; the same one for the same name. */
export interface Breakers {
  /** @param name see breakerNameSchema */
  of(name: string): Breaker;
}

/** What breakers need. */
export interface BreakerDependencies {
  readonly store: BreakerStore;
  readonly policy: BreakerPolicy;
  readonly clock: Clock;
  readonly newProbeId: () => string;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** How long a closed circuit is believed without looking: this process's own failures tell of a change sooner. */
export const CLOSED_TTL_MS = 30_000;
/** The same of one that is not closed, and of a store that failed. */
export const OTHER_TTL_MS = 2_000;
/** Each lost race shows what another process stored; after so many, what happened here has been told by others. */
const MAX_RACES = 5;

/** Makes breakers that share their state through a store. */
export function createBreakers(deps: BreakerDependencies): Breakers {
  const known = new Map<string, Breaker>();
  return {
    of(name) {
      const before = known.get(name);
      if (before !== undefined) return before;
      const made = createBreaker(name, deps);
      known.set(name, made);
      return made;
    },
  };
}

function createBreaker(name: string, deps: BreakerDependencies): Breaker {
  const { store, policy, clock, log, metrics } = deps;
  let record: BreakerRecord | undefined;
  let freshUntilMs = 0;
  let loading: Promise<void> | undefined;
  let hasSucceeded = false;
  let storeFailsUntilMs = 0;

  const stateOf = (of: BreakerRecord | undefined): BreakerState => of?.state ?? INITIAL_STATE;

  function keep(read: BreakerRecord | undefined): void {
    record = read;
    freshUntilMs = clock() + (stateOf(read).status === 'closed' ? CLOSED_TTL_MS : OTHER_TTL_MS);
  }

  /** A breaker must not be an outage: without its store it lets everything through, and says so. */
  function failOpen(error: unknown): void {
    record = undefined;
    freshUntilMs = clock() + OTHER_TTL_MS;
    storeFailsUntilMs = freshUntilMs;
    log.write('BREAKER_STORE_UNAVAILABLE', { circuit: name, error });
    metrics.count('BreakerStoreUnavailable');
  }

  async function load(): Promise<void> {
    if (clock() < freshUntilMs) return;
    // Calls at the same time share one read.
    loading ??= store
      .read(name)
      .then(keep, failOpen)
      .finally(() => {
        loading = undefined;
      });
    await loading;
  }

  /** Applies what happened to what is stored. Returns the state after it. */
  async function apply(event: BreakerEvent): Promise<BreakerState> {
    if (clock() < storeFailsUntilMs) return INITIAL_STATE;
    for (let race = 0; race < MAX_RACES; race += 1) {
      const before = record;
      const state = stateOf(before);
      const next = step(state, event, policy, clock());
      if (next === state) return state;
      const after = { ...before, id: name, state: next, version: (before?.version ?? 0) + 1 };
      let there: BreakerRecord | undefined;
      try {
        there = await store.save(after, before);
      } catch (error) {
        failOpen(error);
        return INITIAL_STATE;
      }
      keep(there);
      if (there === after) {
        tell(state, next);
        return next;
      }
    }
    return stateOf(record);
  }

  function tell(before: BreakerState, after: BreakerState): void {
    if (before.status === after.status) return;
    const cause = after.history[0]?.cause;
    if (after.status === 'open') {
      log.write('CIRCUIT_OPENED', { circuit: name, from: before.status, cause });
      metrics.count('CircuitOpened');
    } else {
      log.write('CIRCUIT_CHANGED', { circuit: name, from: before.status, to: after.status, cause });
    }
  }

  const refusal = (): Admission => ({ admitted: false, retryAfterMs: retryAfterMs(stateOf(record), clock()) });

  return {
    name,

    async standing() {
      await load();
      const state = stateOf(record);
      return { standing: standingOf(state, policy, clock()), retryAfterMs: retryAfterMs(state, clock()) };
    },

    async admit() {
      await load();
      const state = stateOf(record);
      const standing = standingOf(state, policy, clock());
      if (standing === 'pass') return { admitted: true, permit: { generation: state.generation, probeId: undefined } };
      if (standing === 'refuse') return refusal();
      const probeId = deps.newProbeId();
      const leased = await apply({ type: 'lease', probeId });
      // It may have closed meanwhile, or the store have failed: then anyone may pass.
      if (leased.status === 'closed')
        return { admitted: true, permit: { generation: leased.generation, probeId: undefined } };
      const isMine = leased.probes.some(({ id }) => id === probeId);
      return isMine ? { admitted: true, permit: { generation: leased.generation, probeId } } : refusal();
    },

    async succeeded(permit) {
      hasSucceeded = true;
      if (permit.probeId !== undefined) await apply({ type: 'success', permit });
    },

    async failed(permit, cause) {
      const afterSuccess = hasSucceeded;
      hasSucceeded = false;
      await apply({ type: 'failure', permit, afterSuccess, cause: toCause(cause) });
    },
  };
}

const MAX_CAUSE_CHARS = 120;

/** A cause is shown and stored: printable, short, and without what could be an address. */
function toCause(text: string): string {
  return text
    .replace(/\S*(:\/\/|@)\S*/g, '…')
    .replace(/[^\x20-\x7e…]/g, '?')
    .slice(0, MAX_CAUSE_CHARS);
}

/** Why an error opened a circuit, in a few words: only an error of Haven's own has a message that is safe to keep. */
export function causeOf(error: unknown): string {
  if (error instanceof HavenError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.name : 'unknown';
}

/**
 * Makes a call behind a breaker.
 *
 * @param counts which errors tell that the other side is unwell; the others count as answers
 * @throws CIRCUIT_OPEN when the circuit is open; what the call throws
 */
export async function throughBreaker<T>(
  breaker: Breaker,
  call: () => Promise<T>,
  counts: (error: unknown) => boolean,
): Promise<T> {
  const admission = await breaker.admit();
  if (!admission.admitted) {
    throw new HavenError('CIRCUIT_OPEN', `The circuit ${breaker.name} is open`, {
      retryAfterSeconds: Math.max(1, Math.ceil(admission.retryAfterMs / 1_000)),
    });
  }
  try {
    const answer = await call();
    await breaker.succeeded(admission.permit);
    return answer;
  } catch (error) {
    if (counts(error)) await breaker.failed(admission.permit, causeOf(error));
    else await breaker.succeeded(admission.permit);
    throw error;
  }
}

/** A store of this process alone, for who may not or need not share. */
export function createLocalBreakerStore(): BreakerStore {
  const records = new Map<string, BreakerRecord>();
  return {
    read: async (name) => records.get(name),
    async save(after, before) {
      const there = records.get(after.id);
      if (there?.version !== before?.version) return there;
      records.set(after.id, after);
      return after;
    },
  };
}
