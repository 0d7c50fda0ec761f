import {
  attemptWith,
  type Cancellation,
  currentAttempt,
  type Transaction,
  type TransactionStatus,
} from '#shared/transactions/transaction.ts';
import type { Transitions } from '#shared/transactions/transition.ts';
import type { ModelChain } from './model-chain.ts';
import { MODEL_DATA } from './model-node.ts';

/** A change of status, and the chain at its moment. */
export interface StatusChange {
  readonly before: Transaction;
  readonly after: Transaction;
  readonly chain: ModelChain;
}

type Cause = (change: StatusChange) => boolean;

/** Where what is signed goes when a stranger has its nonce. */
const NONCE_LOST = {
  queued: isDisplaced,
  cancelled: both(wasGivenUpFor('requested'), isUsedByStranger),
  expired: both(wasGivenUpFor('valid_until'), isUsedByStranger),
  failed: both(wasGivenUpFor('refused'), isUsedByStranger),
} satisfies Partial<Readonly<Record<Transitions['signed'] & Transitions['submitted'], Cause>>>;

/** What each transition must have come from: the column "When" of docs/lanes.md, as far as a change shows it. */
const CAUSES: { readonly [From in TransactionStatus]: Readonly<Record<Transitions[From], Cause>> } = {
  queued: {
    signed: ({ before, after }) =>
      after.attempts.length === before.attempts.length + 1 &&
      after.nonce === currentAttempt(after)?.nonce &&
      currentAttempt(after)?.broadcast_at === null,
    failed: ({ after }) => after.failure?.code === 'CONTRACT_REVERT' || after.failure?.code === 'WALLET_REVOKED',
    cancelled: wasGivenUpFor('requested'),
    expired: ({ after }) => after.valid_until !== null && after.failure?.code === 'TRANSACTION_TIMEOUT',
  },
  signed: {
    submitted: ({ after }) => ['accepted', 'unknown'].includes(currentAttempt(after)?.outcome ?? ''),
    mined: isInBlock,
    ...NONCE_LOST,
  },
  submitted: {
    mined: isInBlock,
    ...NONCE_LOST,
  },
  mined: {
    submitted: ({ before, after }) => before.block_hash !== null && after.block_hash === null,
    confirmed: both(hasWon('intent'), ({ after }) => after.succeeded === true && after.failure === null),
    reverted: both(hasWon('intent'), ({ after }) => after.succeeded === false && after.data === MODEL_DATA.revertsLate),
    cancelled: both(hasWon('noop'), wasGivenUpFor('requested')),
    expired: both(hasWon('noop'), wasGivenUpFor('valid_until')),
    failed: both(hasWon('noop'), wasGivenUpFor('refused')),
  },
  confirmed: {},
  reverted: {},
  failed: {},
  cancelled: {},
  expired: {},
};

/** Whether a change of status came from what the documents say it comes from. */
export function hasCause(change: StatusChange): boolean {
  const causes = new Map<string, Cause>(Object.entries(CAUSES[change.before.status]));
  return causes.get(change.after.status)?.(change) === true;
}

function both(one: Cause, other: Cause): Cause {
  return (change) => one(change) && other(change);
}

/** Somebody or something gave it up for that, and won. */
function wasGivenUpFor(reason: Cancellation['reason']): Cause {
  return ({ after }) => after.cancellation?.reason === reason && after.cancellation.outcome === 'won';
}

/** Which of its versions is the one on chain. */
function hasWon(kind: 'intent' | 'noop'): Cause {
  return ({ after }) => after.hash !== null && attemptWith(after, after.hash)?.kind === kind;
}

function isInBlock({ after }: StatusChange): boolean {
  return after.block_hash !== null && after.attempts.some(({ hash }) => hash === after.hash);
}

function isUsedByStranger({ before, chain }: StatusChange): boolean {
  return chain.transactions().some(({ nonce, hash }) => nonce === before.nonce && chain.isStranger(hash));
}

function isDisplaced(change: StatusChange): boolean {
  return isUsedByStranger(change) && change.after.nonce === null && change.after.hash === null;
}
