import { hasManyPayments } from '#shared/orders/many-payments.ts';
import type { OrderFlag, Payment } from '#shared/orders/order.ts';
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
 * otherwise sent, and its fees, and what the chain has. Refunds leave the treasury, and count nowhere.
 *
 * More may have come than payments tell of: coin that a contract sends along has no log, and is looked for at the deadline only; of very many
 * payments only so many are kept. There what came by payments is at most what is accounted for. Pure.
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
      const { received, unsure } = receivedBy(sweep, rows, token);
      const gas = isCoin ? sum(gasTo.get(address) ?? [], ({ amount }) => amount) : 0n;
      const out = sum(
        sent.filter(({ token_address }) => token_address === token),
        ({ amount }) => amount,
      );
      const fees = isCoin ? sum(sent, ({ feeWei }) => feeWei) : 0n;
      const rest = balanceOf(sweep.address, token);
      const came = received + gas;
      const accounted = out + fees + rest;
      const isMore = accounted > came + unsure && !isCoin && !mayBeUntold(sweep, rows);
      if (accounted >= came && !isMore) return [];
      const says = `received ${received}, gas ${gas}; sent ${out}, fees ${fees}, there ${rest}`;
      return [{ rule: 'deposit', of: `${sweep.order_id} ${token ?? 'coin'}`, says }];
    });
  });
}

/** Flags of orders to whose address money may have come that no payment tells of. */
const UNTOLD: readonly OrderFlag[] = ['many_payments', 'balance_unknown'];

/**
 * Whether money may have come to the address of an order that no payment tells of: of very many only so many are kept, or no endpoint told the
 * balance. An order whose money goes back keeps its flags, so its payments are counted as well.
 */
function mayBeUntold({ order_id }: DepositSweep, { orders, payments }: ShopRows): boolean {
  const flags = orders.get(order_id)?.flags ?? [];
  return (
    flags.some((flag) => UNTOLD.includes(flag)) || hasManyPayments(payments.filter((one) => one.order_id === order_id))
  );
}

function endedOn(sweeps: readonly DepositSweep[], chainId: number): readonly DepositSweep[] {
  return sweeps.filter(({ chain_id, status }) => chain_id === chainId && status !== 'open');
}

/** Tokens that it moved or left, the one that its order asks for, and those that came instead. Lower case. */
function tokensOf(
  { order_id, chain_id, moves, left }: DepositSweep,
  { orders, payments }: ShopRows,
): readonly string[] {
  const payment = orders.get(order_id)?.payment;
  const asked = payment?.chain_id === chain_id ? payment.token_address : null;
  const came = payments.filter((one) => one.order_id === order_id && one.on_chain?.chain_id === chain_id);
  const others = came.map(({ other_token }) => other_token ?? null);
  const all = [asked, ...[...moves, ...left].map(({ token_address }) => token_address), ...others];
  return [...new Set(all.flatMap((token) => (token === null ? [] : [token.toLowerCase()])))];
}

/** What payments say that came of an asset. Base units. */
interface Received {
  readonly received: bigint;
  /** What may have come besides: of payments in one of several tokens, which were stored without its address. */
  readonly unsure: bigint;
}

function receivedBy(sweep: DepositSweep, rows: ShopRows, token: string | null): Received {
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
  const assetsOf = ({ other_asset, other_token, on_chain }: Payment): readonly (string | null | undefined)[] => {
    if (other_asset === undefined) return [asked];
    if (other_token !== undefined) return [other_token?.toLowerCase() ?? null];
    return on_chain?.log_index === null ? [null] : others;
  };
  const may = own
    .map((one) => ({ assets: assetsOf(one), amount: BigInt(one.amount) }))
    .filter(({ assets }) => assets.includes(token));
  const amountOf = ({ amount }: (typeof may)[number]) => amount;
  return {
    received: sum(
      may.filter(({ assets }) => assets.length === 1),
      amountOf,
    ),
    unsure: sum(
      may.filter(({ assets }) => assets.length > 1),
      amountOf,
    ),
  };
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
