import { type AuditContent, nextEntry } from '#shared/audit/audit-entry.ts';
import type { ChangedBy, OrderChange } from '#shared/orders/advance.ts';
import type { Order } from '#shared/orders/order.ts';

/** What is put on an order's stream besides its transitions. */
type Recorded = Pick<AuditContent, 'action' | 'severity' | 'detail'>;

/**
 * One version more of an order and nothing else: what is written with it holds of this very order, and who judged it without that is told
 * to judge anew.
 */
export function nextVersion(before: Order, at: string): OrderChange {
  const after = { ...before, updated_at: at, version: before.version + 1 };
  return { before, after, stock: 'none', entries: [], notices: [] };
}

/** Adds an entry to a change of an order, behind those that it has. */
export function withEntry(
  change: OrderChange,
  content: Recorded,
  { actor, request_id, reason, at }: ChangedBy,
): OrderChange {
  const why = reason === undefined ? {} : { reason };
  const { entry, head } = nextEntry(change.before.id, change.after, { actor, request_id, ...why, ...content }, at);
  return { ...change, after: { ...change.after, ...head }, entries: [...change.entries, entry] };
}
