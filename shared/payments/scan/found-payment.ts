import type { Order, Payment } from '#shared/orders/order.ts';
import type { BlockTransfer } from '#shared/platform/chain/transfer-log.ts';
import { isoTime } from '#shared/platform/clock.ts';

/** Something that orders can be paid in on a chain. */
export interface AcceptedAsset {
  readonly symbol: string;
  /** Null: the chain's own coin. */
  readonly tokenAddress: string | null;
}

/** A transfer with the block it is in. */
export interface PlacedTransfer {
  readonly transfer: BlockTransfer;
  readonly block: { readonly number: number; readonly hash: string; readonly timestampSeconds: number };
}

/** The identity of a transfer as a payment: one transaction may pay several orders, one order by several. */
export function paymentId(
  chainId: number,
  { transactionHash, logIndex }: Pick<BlockTransfer, 'transactionHash' | 'logIndex'>,
): string {
  return `${chainId}:${transactionHash}:${logIndex ?? 'native'}`;
}

/** The identity of money that no transfer tells of. */
export function balancePaymentId(chainId: number, address: string): string {
  return `${chainId}:${address.toLowerCase()}:balance`;
}

/**
 * A transfer to an order's address as its payment. Pure.
 *
 * @param accepted what is accepted on the transfer's chain
 * @param nowMs when it is seen
 * @returns undefined: nobody accepts what was sent
 */
export function toPayment(
  order: Pick<Order, 'id' | 'payment'>,
  chainId: number,
  accepted: readonly AcceptedAsset[],
  { transfer, block }: PlacedTransfer,
  nowMs: number,
): Payment | undefined {
  const sent = accepted.find(({ tokenAddress }) => isSameToken(tokenAddress, transfer.tokenAddress));
  if (sent === undefined) return undefined;
  const isHere = order.payment.chain_id === chainId;
  const isWanted = isHere && isSameToken(order.payment.token_address, transfer.tokenAddress);
  const other = isHere ? sent.symbol : `${sent.symbol} on chain ${chainId}`;
  return {
    id: paymentId(chainId, transfer),
    order_id: order.id,
    amount: transfer.amount.toString(),
    ...(isWanted ? {} : { other_asset: other, other_token: sent.tokenAddress }),
    status: 'detected',
    block_at: isoTime(block.timestampSeconds * 1_000),
    on_chain: {
      chain_id: chainId,
      block_number: block.number,
      block_hash: block.hash,
      transaction_hash: transfer.transactionHash,
      log_index: transfer.logIndex,
      from: transfer.from,
    },
    is_watched: true,
    detected_at: isoTime(nowMs),
    confirmed_at: null,
  };
}

function isSameToken(a: string | null, b: string | null): boolean {
  return a?.toLowerCase() === b?.toLowerCase();
}
