import type { PayableAsset } from '#shared/checkout/payable-asset.ts';
import type { OnChainOrderPayment, Payment } from '#shared/orders/order.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';

/** What is sent back, and where it is. */
export interface RefundedAsset {
  readonly asset: string;
  readonly chain_id: number;
  /** Null: the chain's own coin. */
  readonly token_address: string | null;
}

/** What an order asks for. Pure. */
export function ownAsset({ asset, chain_id, token_address }: OnChainOrderPayment): RefundedAsset {
  return { asset, chain_id, token_address };
}

/** What stands behind a symbol where the payment came on another chain than the order's. */
const ON_CHAIN = ' on chain ';

/**
 * What a payment came in that its order does not ask for: by its symbol among what orders can be paid in on its chain now. Pure.
 *
 * @param payable on the payment's chain
 * @throws INVALID_TRANSITION when nothing is configured under that symbol any more: where the token is can't be known
 */
export function otherAsset(
  { id, other_asset = '', on_chain }: Payment,
  payable: readonly PayableAsset[],
): RefundedAsset {
  if (on_chain === null) throw new Error(`Payment ${id} is on no chain`);
  const [symbol = ''] = other_asset.split(ON_CHAIN);
  const isCoin = on_chain.log_index === null;
  const found = payable.find((one) => one.symbol === symbol && (one.tokenAddress === null) === isCoin);
  if (found === undefined) {
    throw new HavenError('INVALID_TRANSITION', `${symbol} is configured on chain ${on_chain.chain_id} no more`, {
      details: { payment_id: id, chain_id: on_chain.chain_id, asset: symbol },
    });
  }
  return { asset: symbol, chain_id: on_chain.chain_id, token_address: found.tokenAddress };
}
