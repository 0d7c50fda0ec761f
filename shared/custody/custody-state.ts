import * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditHead, auditHeadSchema, nextEntry } from '#shared/audit/audit-entry.ts';
import type { OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { walletStatusSchema } from './wallet.ts';

/**
 * What must hold for a key to sign, and where the wallet's audit stream ends. A row of its own, because the lane
 * driver advances it with every use of the key, and what people change of a wallet has a version of its own.
 */
export const custodyStateSchema = auditHeadSchema.extend({
  status: walletStatusSchema,
  paused: z.boolean(),
  /** Since when there is no key any more. ISO 8601, UTC. */
  key_destroyed_at: z.string().optional(),
});

/** Whether a key may sign. */
export type CustodyState = z.output<typeof custodyStateSchema>;

/** Whether its key may sign, and its audit head. */
export function custodyKey(walletId: string) {
  return { pk: `WALLET#${walletId}`, sk: 'CUSTODY' };
}

/** The audit head inside a custody state. */
export function auditHeadOf(state: CustodyState): AuditHead {
  return { audit_seq: state.audit_seq, audit_hash: state.audit_hash };
}

/**
 * Adds to a transaction that a wallet's key is used, or was asked for in vain: an entry on its audit stream, on the condition that the key may
 * sign and that no other use came first.
 *
 * @param custody as it was read
 * @param at ISO 8601, UTC
 * @param onConflict what it means that the condition failed
 */
export function recordKeyUse(
  write: WriteTransaction,
  tables: { readonly ledger: string; readonly audit: string },
  walletId: string,
  custody: CustodyState,
  use: AuditContent,
  at: string,
  onConflict: OnConflict,
): void {
  const { entry, head } = nextEntry(walletId, auditHeadOf(custody), use, at);
  write.update(
    tables.ledger,
    custodyKey(walletId),
    {
      expression: 'SET audit_seq = :seq, audit_hash = :hash',
      values: { ':seq': head.audit_seq, ':hash': head.audit_hash },
    },
    onConflict,
    {
      expression: '#status = :active AND paused = :no AND audit_seq = :before',
      names: { '#status': 'status' },
      values: { ':active': 'active', ':no': false, ':before': custody.audit_seq },
    },
  );
  appendEntry(write, tables.audit, entry);
}
