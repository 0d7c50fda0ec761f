import { KEPT_LARGE, KEPT_WHATEVER } from '#shared/orders/many-payments.ts';
import type { PlacedTransfer } from './found-payment.ts';

/**
 * Which of the transfers of some blocks to one order can be kept as payments (`keptOneByOne`), whatever is stored already: the first ones, and the
 * largest of each asset. What is asked of the chain about them is bounded, however many there are. Pure.
 *
 * @param transfers of one order, in the order of the chain
 * @returns some of them in the same order
 */
export function boundTransfers(transfers: readonly PlacedTransfer[]): readonly PlacedTransfer[] {
  if (transfers.length <= KEPT_WHATEVER) return transfers;
  const byAsset = Map.groupBy(transfers.slice(KEPT_WHATEVER), ({ transfer }) => transfer.tokenAddress);
  const large = [...byAsset.values()].flatMap((all) =>
    all
      .toSorted((a, b) => (a.transfer.amount < b.transfer.amount ? 1 : a.transfer.amount > b.transfer.amount ? -1 : 0))
      .slice(0, KEPT_LARGE),
  );
  const kept = new Set([...transfers.slice(0, KEPT_WHATEVER), ...large]);
  return transfers.filter((one) => kept.has(one));
}
