import { otherAssets, refundable } from './refund-rules.ts';
import type { RefundStore } from './refund-store.ts';
import type { RefundsView } from './routes.ts';
import { refundsView } from './routes.ts';

/**
 * Shows the refunds of an order, what may be given back now, and where the customer wants it.
 *
 * @throws ORDER_NOT_FOUND
 */
export async function showRefunds(
  { refunds }: { readonly refunds: Pick<RefundStore, 'read'> },
  orderId: string,
): Promise<RefundsView> {
  const facts = await refunds.read(orderId);
  return refundsView.parse({
    data: facts.refunds,
    claimed_address: facts.claimed?.address ?? null,
    refundable: {
      order: refundable(facts, 'order').toString(),
      excess: refundable(facts, 'excess').toString(),
      other_assets: otherAssets(facts).map(({ payment, left }) => ({
        payment_id: payment.id,
        asset: payment.other_asset,
        amount: left.toString(),
      })),
    },
  });
}
