import type { CallOutcome } from '#shared/platform/chain/call-refusal.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { type Attempt, currentAttempt, type Transaction, type WaitingFor } from '../transaction.ts';
import { advance, amend, type Transition } from '../transition.ts';
import type { LaneState } from './lane.ts';
import type { LanePass } from './lane-pass.ts';
import { classifySendError, type SendErrorClass } from './send-error.ts';

/** Signed bytes and the transaction they are of. */
export interface Broadcast {
  readonly transaction: Transaction;
  readonly bytes: string;
}

interface Verdict {
  readonly outcome: Attempt['outcome'];
  readonly submitted: boolean;
  readonly waitingFor: WaitingFor | null;
  /** Whether the node's words mean: for ever. */
  readonly isPermanent?: true;
  /** Whether they say that the nonce is used. */
  readonly isNonceUsed?: true;
}

const REFUSED: Verdict = { outcome: 'refused', submitted: false, waitingFor: null };

/**
 * What each class of refusal means for a transaction whose bytes are stored. `nonce_too_low` counts as submitted:
 * either these very bytes were mined (a crash hid it), or a stranger used the nonce; looking for receipts tells.
 */
const VERDICTS: Readonly<Record<SendErrorClass, Verdict>> = {
  already_known: { outcome: 'accepted', submitted: true, waitingFor: null },
  nonce_too_low: { outcome: 'unknown', submitted: true, waitingFor: null, isNonceUsed: true },
  nonce_too_high: { ...REFUSED, waitingFor: 'lane' },
  underpriced: { ...REFUSED, waitingFor: 'fees' },
  // The node's own cap, not the market's: more fees would only be further above it. Another node may take it.
  fee_cap: { ...REFUSED, waitingFor: 'circuit' },
  insufficient_funds: { ...REFUSED, waitingFor: 'funds' },
  permanent: { ...REFUSED, isPermanent: true },
  transient: REFUSED,
};

/**
 * Hands stored bytes to the node and stores what it said. An answer that never came is an unknown outcome: the same
 * bytes are handed over again, never others.
 *
 * @returns the lane after it
 * @throws LaneRaced
 */
export async function broadcast(pass: LanePass, lane: LaneState, items: readonly Broadcast[]): Promise<LaneState> {
  const outcomes = await send(pass, items);
  const at = isoTime(pass.clock());
  const transitions: Transition[] = [];
  const amendments: Omit<Transition, 'entry'>[] = [];
  for (const [index, { transaction }] of items.entries()) {
    const verdict = judge(pass, transaction, outcomes?.[index]);
    const attempts = withOutcome(transaction, verdict, at);
    const patch = { attempts, waiting_for: verdict.waitingFor };
    if (verdict.submitted && transaction.status === 'signed') {
      transitions.push(
        advance(transaction, 'submitted', patch, at, pass.by, { hash: transaction.hash, outcome: verdict.outcome }),
      );
    } else {
      amendments.push(amend(transaction, patch, at));
    }
  }
  return pass.store.apply(lane, transitions, amendments, pass.deadline);
}

/**
 * Hands stored bytes over again: those of the version in force.
 *
 * @returns the lane after it
 * @throws LaneRaced
 */
export async function recover(
  pass: LanePass,
  lane: LaneState,
  transactions: readonly Transaction[],
): Promise<LaneState> {
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

/** undefined: no usable answer came. */
async function send(
  { client, deadline }: LanePass,
  items: readonly Broadcast[],
): Promise<readonly CallOutcome<string>[] | undefined> {
  try {
    return await client.sendRaw(
      items.map(({ bytes }) => bytes),
      deadline,
    );
  } catch (error) {
    if (error instanceof RpcTransportError) return undefined;
    throw error;
  }
}

function judge(pass: LanePass, transaction: Transaction, outcome: CallOutcome<string> | undefined): Verdict {
  if (outcome === undefined) return { outcome: 'unknown', submitted: false, waitingFor: null };
  if (outcome.ok) return { outcome: 'accepted', submitted: true, waitingFor: null };
  const errorClass = classifySendError(outcome.error.message);
  const verdict = VERDICTS[errorClass];
  if (verdict.outcome !== 'accepted') {
    pass.log.write('BROADCAST_REFUSED', {
      transaction_id: transaction.id,
      hash: transaction.hash,
      error_class: errorClass,
      reason: outcome.error.message,
    });
    pass.metrics.count('BroadcastRefused');
  }
  return verdict;
}

function withOutcome(transaction: Transaction, verdict: Verdict, at: string): Attempt[] {
  const { outcome, isPermanent, isNonceUsed } = verdict;
  return transaction.attempts.map((attempt) => {
    if (attempt.hash !== transaction.hash) return attempt;
    const refusals = attempt.permanent_refusals + (isPermanent === true ? 1 : 0);
    // That no answer came says nothing of the nonce.
    const before = isNonceUsed === true || outcome === 'unknown' ? attempt.nonce_too_low_since : null;
    const nonce_too_low_since = isNonceUsed === true ? (before ?? at) : before;
    return { ...attempt, broadcast_at: at, outcome, permanent_refusals: refusals, nonce_too_low_since };
  });
}
