import { reportAlert } from '#shared/alerts/record-alert.ts';
import { ChainMovedError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Transaction, WaitingFor } from '../transaction.ts';
import { advance } from '../transition.ts';
import { recover } from './broadcast.ts';
import { corroborate } from './corroborate.ts';
import { decide } from './decide.ts';
import { displace } from './displace.ts';
import { endRevoked } from './end-revoked.ts';
import { fillGap } from './fill-gap.ts';
import { hold } from './hold.ts';
import { type LaneKey, type LaneState, laneName } from './lane.ts';
import type { LaneAction } from './lane-action.ts';
import { nonceAlerts } from './lane-alerts.ts';
import { withForeign } from './lane-change.ts';
import { LANE_ACTOR, type LaneDependencies } from './lane-dependencies.ts';
import type { LanePass } from './lane-pass.ts';
import type { StoredLane } from './lane-store.ts';
import { noteBalance } from './note-balance.ts';
import { observe } from './observe.ts';
import { replace } from './replace.ts';
import { type SendResult, sendQueued } from './send.ts';
import { settle } from './settle.ts';

/** A held lane is tried again after this time: funds and fees change by the minute, not by the second. */
export const HELD_RETRY_MS = 10_000;
/** A read that raced with another driver, or a look that the chain moved under, is repeated after this time. */
export const STALE_READ_MS = 500;

/** What a lane needs after a pass. */
export type PassOutcome =
  | { readonly kind: 'rest' }
  | { readonly kind: 'again' }
  | {
      readonly kind: 'wait';
      readonly forMs: number;
      /** Whether something new in the queue could be sent sooner: only when nothing was left waiting in it. */
      readonly watchesQueue: boolean;
    }
  /** Not by this run. */
  | { readonly kind: 'due'; readonly forMs: number };

/**
 * One pass over a lane: reads it, looks at the chain, decides, and does what was decided, in order.
 *
 * @throws LaneRaced, ChainMovedError, RpcTransportError, KEY_DECRYPTION_FAILED, WRITE_CONFLICT, DATABASE_ERROR
 */
export async function runPass(
  deps: LaneDependencies,
  key: LaneKey,
  invocationId: string,
  deadline: Deadline,
): Promise<PassOutcome> {
  const stored = await deps.store.load(key);
  if (stored === undefined) return { kind: 'rest' };
  const by = { actor: LANE_ACTOR, request_id: invocationId };
  if (stored.custody.status === 'revoked' && stored.queued.length > 0) {
    await endRevoked(deps, stored, by, deadline);
    return { kind: 'again' };
  }
  try {
    const client = await deps.clients.for(key.chain_id);
    return await work({ ...deps, chain: deps.chains.get(key.chain_id), client, by, deadline }, stored);
  } catch (error) {
    await sayWhy({ ...deps, deadline }, stored, error);
    throw error;
  }
}

/** Looks at the chain, decides, and does it. */
async function work(pass: LanePass, stored: StoredLane): Promise<PassOutcome> {
  const { deadline } = pass;
  const observation = await corroborate(pass, stored, await observe(pass.client, stored, deadline));
  const watchesQueue = stored.queued.length === 0;
  const actions = decide(stored, observation.view, pass.chain, pass.clock());
  // Read in the middle of another driver's change: the next read will show the whole of it.
  if (actions.length === 0) return { kind: 'wait', forMs: STALE_READ_MS, watchesQueue };

  let lane = stored.lane;
  let forMs: number | undefined;
  // More can be done at once, on a new read: others are the first of the queue now, or something was left for it.
  let isUnfinished = false;
  // Uses of one key are one chain of records: a second one is written onto what the next read finds of the first.
  let keyUsed = false;
  // Nothing queued: nothing can wait for funds.
  let shortfall: SendResult['shortfall'] = watchesQueue ? null : undefined;
  for (const action of actions) {
    if (keyUsed && (action.type === 'fill' || action.type === 'send')) {
      isUnfinished = true;
      continue;
    }
    switch (action.type) {
      case 'broadcast':
        lane = await recover(pass, lane, action.transactions);
        break;
      case 'settle':
        lane = await settle(pass, lane, action.settlements);
        break;
      case 'displace':
        lane = await displace(pass, lane, action.displacements, observation);
        isUnfinished = true;
        break;
      case 'remember':
        lane = await remember(pass, lane, action);
        break;
      case 'hold':
        for (const transaction of action.transactions) {
          await hold(pass, lane, transaction, action.waitingFor, { nonce: String(transaction.nonce) });
        }
        // Its alarm must not fall silent while it lasts.
        if (stored.lane.unexplained !== null && action.waitingFor === 'lane') pass.metrics.count('NonceUsedByOthers');
        break;
      case 'replace': {
        const result = await replace(pass, { ...stored, lane }, action, observation);
        lane = result.lane;
        keyUsed = result.signed > 0;
        break;
      }
      case 'fill':
        lane = await fillGap(pass, { ...stored, lane }, action.nonces, observation);
        break;
      case 'expire':
        lane = await expire(pass, lane, action.transactions);
        isUnfinished = true;
        break;
      case 'send': {
        const result = await sendQueued(pass, { ...stored, lane }, action, observation);
        ({ lane, shortfall } = result);
        // It can't take the nonce that holds up what is in flight; and what is in flight holds it up.
        if (result.held && result.signed === 0 && action.blocking.length > 0) {
          lane = await fillGap(pass, { ...stored, lane }, action.blocking, observation);
        }
        if (result.held) forMs = Math.min(forMs ?? HELD_RETRY_MS, HELD_RETRY_MS);
        else isUnfinished = true;
        break;
      }
      case 'wait':
        forMs = Math.min(forMs ?? action.forMs, action.forMs);
        break;
    }
  }
  await noteBalance(pass, stored, observation.balanceWei, shortfall);
  return isUnfinished || forMs === undefined ? { kind: 'again' } : { kind: 'wait', forMs, watchesQueue };
}

async function expire(pass: LanePass, lane: LaneState, transactions: readonly Transaction[]): Promise<LaneState> {
  const at = isoTime(pass.clock());
  const failure = { code: 'TRANSACTION_TIMEOUT', message: 'valid_until passed before it could be signed' };
  const patch = { failure, waiting_for: null };
  const transitions = transactions.map((transaction) =>
    advance(transaction, 'expired', patch, at, pass.by, { valid_until: transaction.valid_until }),
  );
  return pass.store.apply(lane, transitions, [], pass.deadline);
}

/** What kind of failure holds up all that is queued until it passes. */
function reasonOf(error: unknown): WaitingFor | undefined {
  if (error instanceof ChainMovedError || !(error instanceof HavenError)) return undefined;
  // CONFIGURATION: all endpoints serve another chain.
  const isUnreachable = error.code === 'CIRCUIT_OPEN' || error.code === 'CONFIGURATION';
  if (error instanceof RpcTransportError || isUnreachable) return 'circuit';
  return error.code === 'KEY_DECRYPTION_FAILED' ? 'custody' : undefined;
}

/**
 * Says on the first queued transaction that it waits, and for what; and on the first in flight, when nobody can look at the
 * chain. The failure itself matters more than this.
 */
async function sayWhy(
  pass: Parameters<typeof hold>[0],
  { lane, inFlight, queued }: StoredLane,
  error: unknown,
): Promise<void> {
  const waitingFor = reasonOf(error);
  if (waitingFor === undefined) return;
  const first = [...(waitingFor === 'circuit' ? inFlight.slice(0, 1) : []), ...queued.slice(0, 1)];
  // That its key can't be used is the graver news, and by it a refusal that goes on is known from a new one.
  for (const transaction of first.filter(({ waiting_for }) => waiting_for !== 'custody')) {
    await hold(pass, lane, transaction, waitingFor, {}).catch((cause: unknown) => {
      pass.log.write('LANE_RACED', { lane: laneName(lane), error: cause });
    });
  }
}

async function remember(
  pass: LanePass,
  lane: LaneState,
  { patch, uses = [] }: Extract<LaneAction, { type: 'remember' }>,
): Promise<LaneState> {
  // Onto the lane as it is now: what was done before in this pass may have noted uses, too.
  const foreign = uses.length === 0 ? {} : { foreign: withForeign(lane, uses) };
  const at = isoTime(pass.clock());
  const alerts = nonceAlerts(lane, patch, uses, () => ({ id: pass.newId('alr'), at }));
  const after = await pass.store.apply(lane, [], [], pass.deadline, { ...patch, ...foreign }, alerts);
  const named = { lane: laneName(lane) };
  if (patch.unexplained !== undefined && patch.unexplained !== null) {
    pass.log.write('NONCE_UNEXPLAINED', { ...named, nonce: patch.unexplained });
    pass.metrics.count('NonceUsedByOthers');
  }
  for (const { nonce } of uses) pass.log.write('NONCE_USED_BY_OTHERS', { ...named, nonce });
  if (uses.length > 0) pass.metrics.count('NonceUsedByOthers', uses.length);
  if (patch.gap !== undefined && patch.gap !== null) {
    pass.log.write('NONCE_GAP_SEEN', { ...named, ...patch.gap, next_nonce: lane.next_nonce });
    pass.metrics.count('NonceGapSeen');
  }
  for (const alert of alerts) reportAlert(pass, alert);
  return after;
}
