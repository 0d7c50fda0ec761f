import type { DepositSweep } from '#shared/payments/sweeps/deposit-sweep.ts';
import { isGasFunding } from '#shared/payments/sweeps/deposit-sweep.ts';
import type { Finding } from './finding.ts';
import type { MinedFacts } from './mined-facts.ts';
import type { ShopRows } from './shop-rows.ts';

/** What is at an address as the chain has it now. */
export type BalanceOf = (address: string, tokenAddress: string | null) => bigint;

/** The assets of the addresses of ended sweeps on a chain: whose balances are to be asked for. Pure. */
export function assetsToAsk(
  sweeps: readonly DepositSweep[],
  rows: ShopRows,
  chainId: number,
): readonly { readonly address: string; readonly token_address: string | null }[] {
  return endedOn(sweeps, chainId).flatMap((sweep) =>
    [null, ...tokensOf(sweep, rows)].map((token_address) => ({ address: sweep.address, token_address })),
  );
}

/**
 * Holds what came to the addresses of ended sweeps against what left them and what is there: payments and gas that was sent = what was swept and
 * otherwise sent, and its fees, and what the chain has. Refunds leave the treasury, and count nowhere. Pure.
 *
 * @param mined all transactions of the ledger that are in a block
 */
export function depositFindings(
  sweeps: readonly DepositSweep[],
  rows: ShopRows,
  mined: readonly MinedFacts[],
  { chainId, balanceOf }: { readonly chainId: number; readonly balanceOf: BalanceOf },
): readonly Finding[] {
  const own = mined.filter(({ chain_id }) => chain_id === chainId);
  const sentBy = groupedBy(own, ({ from }) => from);
  const gasTo = groupedBy(
    own.filter(({ isGas }) => isGas),
    ({ to }) => to,
  );
  return endedOn(sweeps, chainId).flatMap((sweep) => {
    const address = sweep.address.toLowerCase();
    const sent = sentBy.get(address) ?? [];
    return [null, ...tokensOf(sweep, rows)].flatMap((token): readonly Finding[] => {
      const isCoin = token === null;
      const received = receivedBy(sweep, rows, token);
      const gas = isCoin ? sum(gasTo.get(address) ?? [], ({ amount }) => amount) : 0n;
      const out = sum(
        sent.filter(({ token_address }) => token_address === token),
        ({ amount }) => amount,
      );
      const fees = isCoin ? sum(sent, ({ feeWei }) => feeWei) : 0n;
      const rest = balanceOf(sweep.address, token);
      if (received + gas === out + fees + rest) return [];
      const says = `received ${received}, gas ${gas}; sent ${out}, fees ${fees}, there ${rest}`;
      return [{ rule: 'deposit', of: `${sweep.order_id} ${token ?? 'coin'}`, says }];
    });
  });
}

function endedOn(sweeps: readonly DepositSweep[], chainId: number): readonly DepositSweep[] {
  return sweeps.filter(({ chain_id, status }) => chain_id === chainId && status !== 'open');
}

/** Tokens that it moved or left, and the one that its order asks for. Lower case. */
function tokensOf({ order_id, chain_id, moves, left }: DepositSweep, { orders }: ShopRows): readonly string[] {
  const payment = orders.get(order_id)?.payment;
  const asked = payment?.chain_id === chain_id ? payment.token_address : null;
  const all = [asked, ...[...moves, ...left].map(({ token_address }) => token_address)];
  return [...new Set(all.flatMap((token) => (token === null ? [] : [token.toLowerCase()])))];
}

/**
 * What payments say that came of an asset. Something else than was asked for is named by its symbol alone: with one token among what was moved
 * that the order doesn't ask for, it is that.
 */
function receivedBy(sweep: DepositSweep, rows: ShopRows, token: string | null): bigint {
  const { order_id, chain_id } = sweep;
  const payment = rows.orders.get(order_id)?.payment;
  const asked = payment?.chain_id === chain_id ? (payment.token_address?.toLowerCase() ?? null) : undefined;
  const others = tokensOf(sweep, rows).filter((one) => one !== asked);
  const own = rows.payments.filter(
    (one) =>
      one.order_id === order_id &&
      one.on_chain?.chain_id === chain_id &&
      one.status === 'confirmed' &&
      !isGasFunding(sweep, one.on_chain),
  );
  const assetOf = ({ other_asset, on_chain }: (typeof own)[number]) => {
    if (other_asset === undefined) return asked;
    return on_chain?.log_index === null ? null : others.length === 1 ? others[0] : undefined;
  };
  return sum(
    own.filter((one) => assetOf(one) === token),
    ({ amount }) => BigInt(amount),
  );
}

function sum<T>(all: readonly T[], of: (one: T) => bigint): bigint {
  return all.reduce((total, one) => total + of(one), 0n);
}

function groupedBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}
