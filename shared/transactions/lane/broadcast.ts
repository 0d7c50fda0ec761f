import type { CallOutcome, ChainClient } from '#shared/platform/chain/chain-client.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Attempt, Transaction, WaitingFor } from '../transaction.ts';
import { advance, amend, type Transition } from '../transition.ts';
import type { LaneState } from './lane.ts';
import { LANE_ACTOR, type LaneDependencies } from './lane-dependencies.ts';
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
}

const REFUSED: Verdict = { outcome: 'refused', submitted: false, waitingFor: null };

/**
 * What each class of refusal means for a transaction whose bytes are stored. `nonce_too_low` counts as submitted:
 * either these very bytes were mined (a crash hid it), or a stranger used the nonce; looking for receipts tells.
 */
const VERDICTS: Readonly<Record<SendErrorClass, Verdict>> = {
  already_known: { outcome: 'accepted', submitted: true, waitingFor: null },
  nonce_too_low: { outcome: 'unknown', submitted: true, waitingFor: null },
  nonce_too_high: { ...REFUSED, waitingFor: 'lane' },
  underpriced: { ...REFUSED, waitingFor: 'fees' },
  fee_cap: { ...REFUSED, waitingFor: 'fees' },
  insufficient_funds: { ...REFUSED, waitingFor: 'funds' },
  permanent: REFUSED,
  transient: REFUSED,
};

/**
 * Hands stored bytes to the node and stores what it said. An answer that never came is an unknown outcome: the same
 * bytes are handed over again, never others.
 *
 * @returns the lane after it
 * @throws LaneRaced
 */
export async function broadcast(
  deps: LaneDependencies,
  client: ChainClient,
  lane: LaneState,
  items: readonly Broadcast[],
  invocationId: string,
  deadline: Deadline,
): Promise<LaneState> {
  const outcomes = await send(client, items, deadline);
  const at = isoTime(deps.clock());
  const transitions: Transition[] = [];
  const amendments: Omit<Transition, 'entry'>[] = [];
  for (const [index, { transaction }] of items.entries()) {
    const verdict = judge(deps, transaction, outcomes?.[index]);
    const attempts = withOutcome(transaction, verdict.outcome, at);
    const patch = { attempts, waiting_for: verdict.waitingFor };
    if (verdict.submitted && transaction.status === 'signed') {
      const by = { actor: LANE_ACTOR, request_id: invocationId };
      transitions.push(
        advance(transaction, 'submitted', patch, at, by, { hash: transaction.hash, outcome: verdict.outcome }),
      );
    } else {
      amendments.push(amend(transaction, patch, at));
    }
  }
  return deps.store.apply(lane, transitions, amendments, deadline);
}

/** undefined: no usable answer came. */
async function send(
  client: ChainClient,
  items: readonly Broadcast[],
  deadline: Deadline,
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

function judge(deps: LaneDependencies, transaction: Transaction, outcome: CallOutcome<string> | undefined): Verdict {
  if (outcome === undefined) return { outcome: 'unknown', submitted: false, waitingFor: null };
  if (outcome.ok) return { outcome: 'accepted', submitted: true, waitingFor: null };
  const errorClass = classifySendError(outcome.error.message);
  const verdict = VERDICTS[errorClass];
  if (verdict.outcome !== 'accepted') {
    deps.log.write('BROADCAST_REFUSED', {
      transaction_id: transaction.id,
      hash: transaction.hash,
      error_class: errorClass,
      reason: outcome.error.message,
    });
    deps.metrics.count('BroadcastRefused');
  }
  return verdict;
}

function withOutcome(transaction: Transaction, outcome: Attempt['outcome'], at: string): Attempt[] {
  return transaction.attempts.map((attempt) =>
    attempt.hash === transaction.hash ? { ...attempt, broadcast_at: at, outcome } : attempt,
  );
}
