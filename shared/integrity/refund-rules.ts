import { isOnChain, type Order, type Payment } from '#shared/orders/order.ts';
import { isSent, type Refund, type SentRefund } from '#shared/payments/refunds/refund.ts';
import { committedAmount, confirmedAmount, keptAmount, leftOf } from '#shared/payments/refunds/refund-rules.ts';
import { REFUND_REFERENCE_PREFIX } from '#shared/transactions/reference-field.ts';
import type { Finding } from './finding.ts';
import type { MinedFacts } from './mined-facts.ts';
import type { ShopRows } from './shop-rows.ts';

/**
 * Holds refunds against the orders and payments that they give back, and against the transactions that sent them: no more goes back than came,
 * one at a time, and each that is confirmed was sent once, to where it says. Pure.
 *
 * @param mined all transactions of the ledger that are in a block
 */
export function refundFindings(rows: ShopRows, mined: readonly MinedFacts[]): readonly Finding[] {
  const refundsOf = Map.groupBy(rows.refunds, ({ order_id }) => order_id);
  const paymentsOf = Map.groupBy(rows.payments, ({ order_id }) => order_id);
  return [
    ...[...rows.orders.values()].flatMap((order) => {
      const refunds = refundsOf.get(order.id) ?? [];
      const payments = paymentsOf.get(order.id) ?? [];
      return [
        ...endFindings(order, refunds),
        ...refunds.flatMap((refund) => isOfFindings(refund, order, payments)),
        ...amountFindings(order, payments, refunds),
      ];
    }),
    ...orphans(rows),
    ...recordedTwice(rows.refunds),
    ...sentFindings(rows.refunds.filter(isSent), mined),
  ];
}

/** What is under way, and whether an order that is given back has a refund that gave it back. */
function endFindings({ id, status }: Order, refunds: readonly Refund[]): readonly Finding[] {
  const open = refunds.filter((refund) => refund.status === 'pending');
  const ofOrder = refunds.filter(({ kind }) => kind === 'order');
  const isGivenBack =
    (status !== 'refunding' || ofOrder.length > 0) &&
    (status !== 'refunded' || ofOrder.some((refund) => refund.status === 'confirmed'));
  const says = [
    ...(open.length > 1 ? [`${open.length} under way: ${open.map((refund) => refund.id).join(', ')}`] : []),
    ...(isGivenBack ? [] : [`${status}, and no refund of it says so`]),
  ];
  return says.map((one) => ({ rule: 'refund', of: id, says: one }));
}

/** Whether it gives back what the order asks for or, of the kind `other_asset`, what a payment of the order came in. */
function isOfFindings(refund: Refund, order: Order, payments: readonly Payment[]): readonly Finding[] {
  const { id, amount, kind } = refund;
  const says = [
    ...(BigInt(amount) > 0n ? [] : [`gives ${amount} back`]),
    ...(kind === 'other_asset' ? notOfPayment(refund, payments) : notOfOrder(refund, order)),
  ];
  return says.map((one) => ({ rule: 'refund', of: id, says: `${one}; of ${order.id}` }));
}

function notOfOrder(refund: Refund, { payment }: Order): readonly string[] {
  if (refund.payment_id !== undefined) return [`${refund.kind}, and names the payment ${refund.payment_id}`];
  const given = isSent(refund)
    ? assetName(refund.chain_id, refund.token_address)
    : `${refund.asset} at ${refund.processor.name}`;
  const asked = isOnChain(payment)
    ? assetName(payment.chain_id, payment.token_address)
    : `${payment.asset} at ${payment.processor.name}`;
  return given === asked ? [] : [`gives ${given} back, asked for is ${asked}`];
}

function notOfPayment(refund: Refund, payments: readonly Payment[]): readonly string[] {
  const { payment_id, chain_id } = refund;
  const payment = payments.find(({ id }) => id === payment_id);
  if (payment === undefined) return [`of the payment ${payment_id}, which the order does not have`];
  const { other_asset, other_token, on_chain } = payment;
  const isThere = other_asset !== undefined && on_chain !== null && on_chain.chain_id === chain_id;
  const token = isSent(refund) ? refund.token_address : undefined;
  const isSame = other_token === undefined || other_token?.toLowerCase() === token?.toLowerCase();
  return isThere && isSame ? [] : [`of the payment ${payment.id}, which came in something else or elsewhere`];
}

function assetName(chainId: number, token: string | null): string {
  return `${token?.toLowerCase() ?? 'coin'} on ${chainId}`;
}

/** Money that has gone from the chain after it was given back is found, too: the treasury has lost it. */
function amountFindings(order: Order, payments: readonly Payment[], refunds: readonly Refund[]): readonly Finding[] {
  const came = confirmedAmount(payments);
  const back = committedAmount(refunds);
  const kept = keptAmount(order);
  const others = refunds.filter(({ kind }) => kind === 'other_asset');
  return [
    ...(back === 0n || back + kept <= came
      ? []
      : [{ rule: 'refunded', of: order.id, says: `${back} given back, ${came} confirmed, ${kept} kept` } as const]),
    ...payments
      .filter((payment) => others.some(({ payment_id }) => payment_id === payment.id) && leftOf(payment, others) < 0n)
      .map(({ id, amount, status }): Finding => {
        const says = `more given back of ${order.id} than came: ${amount}, ${status}`;
        return { rule: 'refunded', of: id, says };
      }),
  ];
}

function orphans({ orders, refunds }: ShopRows): readonly Finding[] {
  return refunds
    .filter(({ order_id }) => !orders.has(order_id))
    .map(({ id, order_id }) => ({ rule: 'refund', of: id, says: `of ${order_id}, which is not there` }));
}

/** A refund of a processor is recorded once, for whatever order. */
function recordedTwice(refunds: readonly Refund[]): readonly Finding[] {
  const recorded = refunds.flatMap((refund) => (isSent(refund) ? [] : [refund]));
  const same = Map.groupBy(recorded, ({ processor: { name, reference } }) => `${name}#${reference}`);
  return [...same].flatMap(([reference, all]) =>
    all.slice(1).map(({ id }): Finding => ({ rule: 'refund', of: id, says: `${reference} is recorded already` })),
  );
}

function sentFindings(refunds: readonly SentRefund[], mined: readonly MinedFacts[]): readonly Finding[] {
  const byId = new Map(mined.map((one) => [one.id, one]));
  const sentBy = new Map(refunds.map(({ id, transaction_id }) => [`${REFUND_REFERENCE_PREFIX}${id}`, transaction_id]));
  return [
    ...refunds.flatMap((refund): readonly Finding[] => {
      const differs = notAsSent(refund, byId.get(refund.transaction_id)).join(', ');
      if (differs === '') return [];
      return [{ rule: 'refund_sent', of: refund.id, says: `${differs}; of ${refund.order_id}` }];
    }),
    ...mined
      .filter(({ reference, amount }) => reference?.startsWith(REFUND_REFERENCE_PREFIX) === true && amount > 0n)
      .filter(({ id, reference }) => sentBy.get(reference ?? '') !== id)
      .map(({ id, reference, amount }): Finding => {
        return { rule: 'refund_sent', of: id, says: `moved ${amount} as ${reference}, which is not its refund` };
      }),
  ];
}

function notAsSent(refund: SentRefund, sent: MinedFacts | undefined): readonly string[] {
  const { id, status, amount, transaction_id } = refund;
  const isMoved = sent !== undefined && sent.amount > 0n;
  if (status === 'failed') return isMoved ? [`failed, and ${transaction_id} moved ${sent.amount}`] : [];
  if (status === 'confirmed' && sent?.status !== 'confirmed') {
    return [`confirmed, and ${transaction_id} is ${sent?.status ?? 'in no block'}`];
  }
  // What is under way is held against what was mined of it, if anything is.
  if (sent === undefined || (status === 'pending' && !isMoved)) return [];
  const wanted = {
    reference: `${REFUND_REFERENCE_PREFIX}${id}`,
    wallet: refund.wallet_id,
    asset: assetName(refund.chain_id, refund.token_address),
    to: refund.to.toLowerCase(),
    amount,
  };
  const moved = {
    reference: sent.reference,
    wallet: sent.wallet_id,
    asset: assetName(sent.chain_id, sent.token_address),
    to: sent.to,
    amount: sent.amount.toString(),
  };
  return (['reference', 'wallet', 'asset', 'to', 'amount'] as const)
    .filter((name) => moved[name] !== wanted[name])
    .map((name) => `${name} ${wanted[name]} and in ${transaction_id} ${moved[name]}`);
}
