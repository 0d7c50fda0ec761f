import { countsAsPaid, isOnChain, type Order } from '#shared/orders/order.ts';
import { STOCK_OF } from '#shared/orders/transitions.ts';
import { minorDigits } from '#shared/platform/money/currencies.ts';
import type { Finding } from './finding.ts';
import type { ShopRows } from './shop-rows.ts';

/** Who holds a deposit wallet, as the ledger says. */
export interface HeldWallet {
  readonly wallet_id: string;
  readonly address: string;
  /** Null: nobody got it. */
  readonly order_id: string | null;
}

/** Holds orders against their lines, addresses, wallets, carts, payments and notices. Pure. */
export function orderFindings(rows: ShopRows, held: readonly HeldWallet[]): readonly Finding[] {
  const paid = paidByOrder(rows);
  return [
    ...[...rows.orders.values()].flatMap((order) => [
      ...moneyFindings(order),
      ...lineFindings(order, rows),
      ...paymentFindings(order, paid.get(order.id) ?? 0n),
      ...cartOf(order, rows),
    ]),
    ...addressFindings(rows),
    ...invoiceFindings(rows),
    ...walletFindings(rows, held),
    ...orphans(rows),
  ];
}

function moneyFindings({ id, lines, total }: Order): readonly Finding[] {
  const sum = lines.reduce((all, { quantity, unit_price }) => all + BigInt(quantity) * BigInt(unit_price.amount), 0n);
  const currencies = new Set([total.currency, ...lines.map(({ unit_price }) => unit_price.currency)]);
  const says = [
    ...(BigInt(total.amount) > 0n ? [] : [`a total of ${total.amount}`]),
    ...(sum === BigInt(total.amount) ? [] : [`lines of ${sum}, a total of ${total.amount}`]),
    ...(currencies.size === 1 ? [] : [`currencies ${[...currencies].join(', ')}`]),
    ...(minorDigits(total.currency) === undefined ? [`the currency ${total.currency}`] : []),
  ];
  return says.map((one) => ({ rule: 'money', of: id, says: one }));
}

function lineFindings({ id, status, stock, lines }: Order, { products }: ShopRows): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { sku, quantity, allocations } of lines) {
    if (!products.has(sku)) findings.push({ rule: 'line', of: id, says: `no product ${sku}` });
    const taken = allocations.reduce((sum, one) => sum + one.quantity, 0);
    const isOfSku = allocations.every((one) => one.sku === sku);
    if (taken !== quantity || !isOfSku)
      findings.push({ rule: 'line', of: id, says: `${quantity} of ${sku}, ${taken} taken` });
  }
  const wanted = STOCK_OF[status];
  if (stock !== wanted) findings.push({ rule: 'stock_state', of: id, says: `${status}, and its stock ${stock}` });
  return findings;
}

function paidByOrder({ payments }: ShopRows): ReadonlyMap<string, bigint> {
  const paid = new Map<string, bigint>();
  for (const { order_id, amount } of payments.filter(countsAsPaid)) {
    paid.set(order_id, (paid.get(order_id) ?? 0n) + BigInt(amount));
  }
  return paid;
}

function paymentFindings({ id, payment }: Order, paid: bigint): readonly Finding[] {
  const says = [
    ...(BigInt(payment.amount_due) > 0n ? [] : [`${payment.amount_due} is due`]),
    ...(BigInt(payment.amount_paid) === paid ? [] : [`${payment.amount_paid} paid, payments of ${paid}`]),
  ];
  return says.map((one) => ({ rule: 'payment', of: id, says: one }));
}

function cartOf({ id, cart_id }: Order, { carts }: ShopRows): readonly Finding[] {
  const cart = carts.get(cart_id);
  // A cart may be forgotten long before its order.
  if (cart === undefined || (cart.status === 'checked_out' && cart.order_id === id)) return [];
  return [{ rule: 'cart', of: cart_id, says: `${cart.status} into ${cart.order_id}, and ${id} is of it` }];
}

function addressFindings({ orders, addresses }: ShopRows): readonly Finding[] {
  const orderAt = new Map(addresses.map(({ address, order_id }) => [address, order_id]));
  const findings: Finding[] = [];
  for (const { id, payment } of orders.values()) {
    if (!isOnChain(payment)) continue;
    const at = orderAt.get(payment.address.toLowerCase());
    if (at !== id) findings.push({ rule: 'address', of: id, says: `${payment.address} leads to ${at ?? 'no order'}` });
  }
  for (const { address, order_id } of addresses) {
    const payment = orders.get(order_id)?.payment;
    if (payment !== undefined && isOnChain(payment) && payment.address.toLowerCase() === address) continue;
    findings.push({ rule: 'address', of: address, says: `leads to ${order_id}, which has another` });
  }
  return findings;
}

function invoiceFindings({ orders, invoices }: ShopRows): readonly Finding[] {
  const orderOf = new Map(invoices.map(({ invoice, order_id }) => [invoice, order_id]));
  const invoiceOf = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { id, payment } of orders.values()) {
    if (isOnChain(payment) || payment.processor.invoice_id === null) continue;
    const invoice = `${payment.processor.name}#${payment.processor.invoice_id}`;
    invoiceOf.set(id, invoice);
    const at = orderOf.get(invoice);
    if (at !== id) findings.push({ rule: 'invoice', of: id, says: `${invoice} leads to ${at ?? 'no order'}` });
  }
  for (const { invoice, order_id } of invoices) {
    if (invoiceOf.get(order_id) === invoice) continue;
    findings.push({ rule: 'invoice', of: invoice, says: `leads to ${order_id}, which has another` });
  }
  return findings;
}

function walletFindings({ orders }: ShopRows, held: readonly HeldWallet[]): readonly Finding[] {
  const byWallet = new Map(held.map((one) => [one.wallet_id, one]));
  const findings: Finding[] = [];
  for (const { id, payment } of orders.values()) {
    if (!isOnChain(payment)) continue;
    const holder = byWallet.get(payment.wallet_id);
    if (holder?.order_id === id && holder.address === payment.address) continue;
    findings.push({ rule: 'deposit_wallet', of: id, says: `${payment.wallet_id} is held for ${holder?.order_id}` });
  }
  for (const { wallet_id, order_id } of held) {
    if (order_id === null || orders.get(order_id)?.payment.wallet_id === wallet_id) continue;
    findings.push({
      rule: 'deposit_wallet',
      of: wallet_id,
      says: `held for ${order_id}, which has another or is not there`,
    });
  }
  return findings;
}

function orphans({ orders, carts, payments, notices }: ShopRows): readonly Finding[] {
  return [
    ...payments
      .filter(({ order_id }) => !orders.has(order_id))
      .map(({ id, order_id }): Finding => ({ rule: 'payment', of: id, says: `of ${order_id}, which is not there` })),
    ...notices
      .filter(({ order_id }) => !orders.has(order_id))
      .map(({ id, order_id }): Finding => ({ rule: 'notice', of: id, says: `about ${order_id}, which is not there` })),
    ...[...carts.values()]
      .filter(({ status, order_id }) => status === 'checked_out' && !orders.has(order_id ?? ''))
      .map(
        ({ id, order_id }): Finding => ({
          rule: 'cart',
          of: id,
          says: `checked out into ${order_id}, which is not there`,
        }),
      ),
  ];
}
