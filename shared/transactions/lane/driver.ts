import { ChainMovedError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type LaneKey, laneName } from './lane.ts';
import type { LaneDependencies } from './lane-dependencies.ts';
import { LaneRaced } from './lane-store.ts';
import { type PassOutcome, runPass, STALE_READ_MS } from './run-pass.ts';

/** The driver stays for work that is due within this time; longer waits go through the wake queue, which costs nothing. */
export const STAY_MS = 3_000;
/** While it stays, it looks this often whether something was queued: a small read each time. */
export const QUEUE_POLL_MS = 100;
/** After this time an RPC endpoint that gave no usable answer is asked again. */
export const RPC_RETRY_MS = 5_000;
/** What one pass may take; a pass is not begun with less time left. */
export const PASS_BUDGET_MS = 5_000;
/** Lost races or moves of the chain in a row after which a run gives up: others are at work, or the nodes disagree. */
const MAX_SETBACKS = 5;

/** How a run ended: at rest, with work due in that time, or cut short by its deadline. */
export type LaneRun =
  | { readonly kind: 'rest' }
  | { readonly kind: 'due'; readonly inMs: number }
  | { readonly kind: 'unfinished' };

/**
 * Drives a lane: recover, confirm, send, until it is at rest, its next work is not due soon, or time runs out. Every
 * step writes before it acts, so it may be killed anywhere and run again, twice at once even: what is stored decides.
 *
 * @param invocationId names this run in audit entries
 */
export async function driveLane(
  deps: LaneDependencies,
  key: LaneKey,
  invocationId: string,
  deadline: Deadline,
): Promise<LaneRun> {
  let setbacks = 0;
  while (deadline.allows(PASS_BUDGET_MS)) {
    let outcome: PassOutcome;
    try {
      outcome = await runPass(deps, key, invocationId, deadline);
      setbacks = 0;
    } catch (error) {
      setbacks += 1;
      outcome = afterFailure(deps, key, error, setbacks);
    }
    if (outcome.kind === 'rest') return outcome;
    if (outcome.kind === 'due') return { kind: 'due', inMs: outcome.forMs };
    if (outcome.kind === 'wait') {
      if (outcome.forMs > STAY_MS || !deadline.allows(outcome.forMs + PASS_BUDGET_MS)) {
        return { kind: 'due', inMs: outcome.forMs };
      }
      await stay(deps, key, outcome);
    }
  }
  return { kind: 'unfinished' };
}

/**
 * What to do after a failure that passes by itself. Anything else is thrown on.
 *
 * @param setbacks failures in a row, this one counted
 */
function afterFailure(deps: LaneDependencies, key: LaneKey, error: unknown, setbacks: number): PassOutcome {
  if (error instanceof LaneRaced) {
    deps.log.write('LANE_RACED', { lane: laneName(key), error });
    return setbacks < MAX_SETBACKS ? { kind: 'again' } : { kind: 'due', forMs: STAY_MS };
  }
  if (error instanceof ChainMovedError && setbacks < MAX_SETBACKS) {
    return { kind: 'wait', forMs: STALE_READ_MS, watchesQueue: false };
  }
  if (error instanceof RpcTransportError) {
    deps.log.write('LANE_HELD', { lane: laneName(key), waiting_for: 'circuit', error });
    deps.metrics.count('RpcUnavailable');
    return { kind: 'due', forMs: RPC_RETRY_MS };
  }
  if (error instanceof HavenError && error.code === 'WRITE_CONFLICT') return { kind: 'due', forMs: STAY_MS };
  throw error;
}

/** Waits, but not longer than until something is queued where nothing was. */
async function stay(
  deps: LaneDependencies,
  key: LaneKey,
  { forMs, watchesQueue }: Extract<PassOutcome, { kind: 'wait' }>,
): Promise<void> {
  const until = deps.clock() + forMs;
  for (let left = forMs; left > 0; left = until - deps.clock()) {
    await deps.sleep(watchesQueue ? Math.min(left, QUEUE_POLL_MS) : left);
    if (watchesQueue && left > QUEUE_POLL_MS && (await deps.store.hasQueued(key))) return;
  }
}
