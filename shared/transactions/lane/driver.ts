import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { currentAttempt, type Transaction } from '../transaction.ts';
import { advance } from '../transition.ts';
import { broadcast } from './broadcast.ts';
import { decide } from './decide.ts';
import { type LaneKey, type LaneState, laneName } from './lane.ts';
import { LANE_ACTOR, type LaneDependencies } from './lane-dependencies.ts';
import { LaneRaced, type StoredLane } from './lane-store.ts';
import { observe } from './observe.ts';
import { sendQueued } from './send.ts';
import { settle } from './settle.ts';

/** The driver stays for work that is due within this time; longer waits go through the wake queue, which costs nothing. */
export const STAY_MS = 3_000;
/** While it stays, it looks this often whether something was queued: a small read each time. */
export const QUEUE_POLL_MS = 100;
/** A held lane is tried again after this time: funds and fees change by the minute, not by the second. */
export const HELD_RETRY_MS = 10_000;
/** After this time an RPC endpoint that gave no usable answer is asked again. */
export const RPC_RETRY_MS = 5_000;
/** What one pass may take; a pass is not begun with less time left. */
export const PASS_BUDGET_MS = 5_000;
/** A read that raced with another driver is repeated after this time. */
const STALE_READ_MS = 500;
/** Lost races in a row after which a run gives up: others are at work on the lane. */
const MAX_RACES = 5;

/** How a run ended: at rest, with work due in that time, or cut short by its deadline. */
export type LaneRun =
  | { readonly kind: 'rest' }
  | { readonly kind: 'due'; readonly inMs: number }
  | { readonly kind: 'unfinished' };

type Pass = { readonly kind: 'again' } | { readonly kind: 'wait'; readonly forMs: number } | { readonly kind: 'rest' };

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
  let races = 0;
  while (deadline.allows(PASS_BUDGET_MS)) {
    let pass: Pass;
    try {
      pass = await runPass(deps, key, invocationId, deadline);
      races = 0;
    } catch (error) {
      const wait = waitAfter(deps, key, error);
      if (wait !== undefined) return { kind: 'due', inMs: wait };
      races += 1;
      if (races >= MAX_RACES) return { kind: 'due', inMs: STAY_MS };
      pass = { kind: 'again' };
    }
    if (pass.kind === 'rest') return pass;
    if (pass.kind === 'wait') {
      if (pass.forMs > STAY_MS || !deadline.allows(pass.forMs + PASS_BUDGET_MS)) {
        return { kind: 'due', inMs: pass.forMs };
      }
      await stay(deps, key, pass.forMs);
    }
  }
  return { kind: 'unfinished' };
}

/** How long to wait after a failure that passes; undefined after a lost race. Anything else is thrown on. */
function waitAfter(deps: LaneDependencies, key: LaneKey, error: unknown): number | undefined {
  if (error instanceof LaneRaced) {
    deps.log.write('LANE_RACED', { lane: laneName(key), error });
    return undefined;
  }
  if (error instanceof RpcTransportError) {
    deps.log.write('LANE_HELD', { lane: laneName(key), waiting_for: 'circuit', error });
    deps.metrics.count('LaneHeld');
    return RPC_RETRY_MS;
  }
  if (error instanceof HavenError && error.code === 'WRITE_CONFLICT') return STAY_MS;
  throw error;
}

/** Waits, but not longer than until something new is queued. */
async function stay(deps: LaneDependencies, key: LaneKey, forMs: number): Promise<void> {
  const until = deps.clock() + forMs;
  for (let left = forMs; left > 0; left = until - deps.clock()) {
    await deps.sleep(Math.min(left, QUEUE_POLL_MS));
    if (left > QUEUE_POLL_MS && (await deps.store.hasQueued(key))) return;
  }
}

async function runPass(deps: LaneDependencies, key: LaneKey, invocationId: string, deadline: Deadline): Promise<Pass> {
  const stored = await deps.store.load(key);
  if (stored === undefined) return { kind: 'rest' };
  const chain = deps.chains.get(key.chain_id);
  const client = await deps.clients.for(key.chain_id);
  const { view, balanceWei } = await observe(client, stored, deadline);

  let lane = stored.lane;
  let forMs: number | undefined;
  let acted = false;
  const actions = decide(stored, view, chain, deps.clock());
  // Read in the middle of another driver's change: the next read will show the whole of it.
  if (actions.length === 0) return { kind: 'wait', forMs: STALE_READ_MS };
  for (const action of actions) {
    switch (action.type) {
      case 'broadcast':
        lane = await recover(deps, client, lane, action.transactions, invocationId, deadline);
        break;
      case 'settle':
        lane = await settle(deps, lane, action.settlements, invocationId, deadline);
        break;
      case 'report_foreign':
        reportForeign(deps, key, action.transactions);
        break;
      case 'expire':
        lane = await expire(deps, lane, action.transactions, invocationId, deadline);
        break;
      case 'send': {
        const { transactions, firstNonce } = action;
        const current: StoredLane = { ...stored, lane };
        const result = await sendQueued(
          deps,
          client,
          chain,
          current,
          transactions,
          firstNonce,
          balanceWei,
          invocationId,
          deadline,
        );
        lane = result.lane;
        if (result.held) forMs = Math.min(forMs ?? HELD_RETRY_MS, HELD_RETRY_MS);
        else acted = true;
        break;
      }
      case 'wait':
        forMs = Math.min(forMs ?? action.forMs, action.forMs);
        break;
    }
  }
  if (acted) return { kind: 'again' };
  return forMs === undefined ? { kind: 'again' } : { kind: 'wait', forMs };
}

/** Hands stored bytes over again. */
async function recover(
  deps: LaneDependencies,
  client: ChainClient,
  lane: LaneState,
  transactions: readonly Transaction[],
  invocationId: string,
  deadline: Deadline,
): Promise<LaneState> {
  const attempts = transactions.flatMap((transaction) => {
    const attempt = currentAttempt(transaction);
    return attempt === undefined ? [] : [{ id: transaction.id, hash: attempt.hash, transaction }];
  });
  const bytesByHash = await deps.store.signedBytes(attempts);
  const items = attempts.map(({ transaction, hash }) => {
    const bytes = bytesByHash.get(hash);
    if (bytes === undefined) throw new Error(`The signed bytes of ${transaction.id} are missing`);
    return { transaction, bytes };
  });
  return broadcast(deps, client, lane, items, invocationId, deadline);
}

async function expire(
  deps: LaneDependencies,
  lane: LaneState,
  transactions: readonly Transaction[],
  invocationId: string,
  deadline: Deadline,
): Promise<LaneState> {
  const at = isoTime(deps.clock());
  const failure = { code: 'TRANSACTION_TIMEOUT', message: 'valid_until passed before it could be signed' };
  const by = { actor: LANE_ACTOR, request_id: invocationId };
  const transitions = transactions.map((transaction) =>
    advance(transaction, 'expired', { failure, waiting_for: null }, at, by, { valid_until: transaction.valid_until }),
  );
  return deps.store.apply(lane, transitions, [], deadline);
}

function reportForeign(deps: LaneDependencies, key: LaneKey, transactions: readonly Transaction[]): void {
  for (const { id, nonce } of transactions) {
    deps.log.write('NONCE_USED_BY_OTHERS', { lane: laneName(key), transaction_id: id, nonce });
    deps.metrics.count('NonceUsedByOthers');
  }
}
