import type { Cancellation, Transaction, TransactionStatus } from '../transaction.ts';

/** How a transaction ends whose nonce was used for something else. */
export interface End {
  readonly status: Extract<TransactionStatus, 'cancelled' | 'expired' | 'failed'>;
  readonly failure: Transaction['failure'];
}

const ENDS: Readonly<Record<Cancellation['reason'], End>> = {
  requested: { status: 'cancelled', failure: null },
  valid_until: {
    status: 'expired',
    failure: { code: 'TRANSACTION_TIMEOUT', message: 'valid_until passed before it was mined' },
  },
  policy: {
    status: 'failed',
    failure: { code: 'POLICY_VIOLATION', message: "The wallet's policy stopped allowing it before it was mined" },
  },
  refused: {
    status: 'failed',
    failure: { code: 'TRANSACTION_REFUSED', message: 'The nodes refused the signed transaction for good' },
  },
};

/** The end that a cancellation leads to. */
export function endOf(reason: Cancellation['reason']): End {
  return ENDS[reason];
}

/** A cancellation after all is decided; null when nobody wished for one. */
export function decided(
  cancellation: Cancellation | null,
  outcome: Exclude<Cancellation['outcome'], 'pending'>,
): Cancellation | null {
  return cancellation === null ? null : { ...cancellation, outcome };
}
