import { type AuditContent, type AuditEntry, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import type { Transaction } from './transaction.ts';

/** A transaction of which nothing is stored yet, with the first entry of its audit stream. */
export interface Draft {
  readonly transaction: Transaction;
  readonly entry: AuditEntry;
}

/** What is known of a transaction when it begins. */
export type TransactionFacts = Pick<
  Transaction,
  | 'id'
  | 'wallet_id'
  | 'chain_id'
  | 'from'
  | 'to'
  | 'value'
  | 'data'
  | 'speed'
  | 'reference'
  | 'valid_until'
  | 'required_confirmations'
  | 'watcher'
  | 'retry_of'
  | 'reservation'
  | 'max_gas'
  | 'fills_gap'
  | 'tells_events'
>;

/**
 * Begins a transaction: queued, with nothing signed.
 *
 * @param why who asked for it; the rest of its first audit entry
 * @param at ISO 8601, UTC
 * @param origin what it is part of, or made from
 */
export function newTransaction(
  facts: TransactionFacts,
  why: Pick<AuditContent, 'actor' | 'request_id' | 'reason' | 'severity'>,
  at: string,
  origin: Readonly<Partial<Record<string, string>>> = {},
): Draft {
  const { id, wallet_id, chain_id, to, value } = facts;
  const detail = { wallet_id, chain_id, to, value, ...origin };
  const { entry, head } = nextEntry(id, emptyHead(id), { ...why, action: 'transaction.queued', detail }, at);
  const transaction: Transaction = {
    ...head,
    ...facts,
    status: 'queued',
    nonce: null,
    hash: null,
    attempts: [],
    block_number: null,
    block_hash: null,
    succeeded: null,
    gas_used: null,
    effective_gas_price: null,
    confirmations: 0,
    waiting_for: null,
    failure: null,
    cancellation: null,
    accelerated_at: null,
    created_at: at,
    updated_at: at,
    version: 1,
  };
  return { transaction, entry };
}
