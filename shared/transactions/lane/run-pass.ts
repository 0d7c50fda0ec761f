import { ChainMovedError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { currentAttempt, type Transaction } from '../transaction.ts';
import { advance } from '../transition.ts';
import { broadcast } from './broadcast.ts';
import { decide } from './decide.ts';
import { type LaneKey, type LaneState, laneName } from './lane.ts';
import { LANE_ACTOR, type LaneDependencies } from './lane-dependencies.ts';
import type { LanePass } from './lane-pass.ts';
import { noteBalance } from './note-balance.ts';
import { observe } from './observe.ts';
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
  const pass: LanePass = {
    ...deps,
    chain: deps.chains.get(key.chain_id),
    client: await deps.clients.for(key.chain_id),
    by: { actor: LANE_ACTOR, request_id: invocationId },
    deadline,
  };
  const observation = await observe(pass.client, stored, deadline);
  const watchesQueue = stored.queued.length === 0;
  const actions = decide(stored, observation.view, pass.chain, deps.clock());
  if (actions.length === 0) {
    // Read in the middle of another driver's change: the next read will show the whole of it.
    if (watchesQueue) return { kind: 'wait', forMs: STALE_READ_MS, watchesQueue };
    throw new ChainMovedError(`The endpoint has used fewer nonces of ${laneName(key)} than were seen to be final`);
  }

  let lane = stored.lane;
  let forMs: number | undefined;
  let movedQueue = false;
  // Nothing queued: nothing can wait for funds.
  let shortfall: SendResult['shortfall'] = watchesQueue ? null : undefined;
  for (const action of actions) {
    switch (action.type) {
      case 'broadcast':
        lane = await recover(pass, lane, action.transactions);
        break;
      case 'settle':
        lane = await settle(pass, lane, action.settlements);
        break;
      case 'report_foreign':
        reportForeign(pass, key, action.transactions);
        break;
      case 'expire':
        lane = await expire(pass, lane, action.transactions);
        movedQueue = true;
        break;
      case 'send': {
        const result = await sendQueued(pass, { ...stored, lane }, action, observation);
        ({ lane, shortfall } = result);
        if (result.held) forMs = Math.min(forMs ?? HELD_RETRY_MS, HELD_RETRY_MS);
        else movedQueue = true;
        break;
      }
      case 'wait':
        forMs = Math.min(forMs ?? action.forMs, action.forMs);
        break;
    }
  }
  await noteBalance(pass, stored, observation.balanceWei, shortfall);
  return movedQueue || forMs === undefined ? { kind: 'again' } : { kind: 'wait', forMs, watchesQueue };
}

/** Hands stored bytes over again. */
async function recover(pass: LanePass, lane: LaneState, transactions: readonly Transaction[]): Promise<LaneState> {
  const attempts = transactions.flatMap((transaction) => {
    const attempt = currentAttempt(transaction);
    return attempt === undefined ? [] : [{ id: transaction.id, hash: attempt.hash, transaction }];
  });
  const bytesByHash = await pass.store.signedBytes(attempts);
  const items = attempts.map(({ transaction, hash }) => {
    const bytes = bytesByHash.get(hash);
    if (bytes === undefined) throw new Error(`The signed bytes of ${transaction.id} are missing`);
    return { transaction, bytes };
  });
  return broadcast(pass, lane, items);
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

function reportForeign(pass: LanePass, key: LaneKey, transactions: readonly Transaction[]): void {
  for (const { id, nonce } of transactions) {
    pass.log.write('NONCE_USED_BY_OTHERS', { lane: laneName(key), transaction_id: id, nonce });
    pass.metrics.count('NonceUsedByOthers');
  }
}
