import { isSent, type Refund } from '#shared/payments/refunds/refund.ts';
import type { MailedRefund } from './templates/order-mail.ts';

/** What went back for good of what an order asks for, the oldest first. Of other assets only their payments know how they are written. */
export function mailedRefunds(found: { readonly refunds: readonly Refund[] } | undefined): readonly MailedRefund[] {
  if (found === undefined) return [];
  return found.refunds
    .filter(({ status, kind }) => status === 'confirmed' && kind !== 'other_asset')
    .map((refund) => ({ amount: refund.amount, to: isSent(refund) ? refund.to : null }));
}
