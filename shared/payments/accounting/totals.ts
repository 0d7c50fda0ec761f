import type { AccountedPayment } from './accounted-payment.ts';

/** The sums of payments of one asset in one place that stand alike. Amounts as decimal strings. */
export interface PaymentTotal
  extends Pick<AccountedPayment, 'chain_id' | 'processor' | 'asset' | 'status' | 'fiat_currency'> {
  readonly payments: number;
  readonly amount: string;
  /** Of the rows' own values, each rounded by itself: the sum of the column. Null: without a rate. */
  readonly fiat_amount: string | null;
  readonly refunded: string;
}

/** Adds payments up, by place, asset, status and currency: as many sums as there are of those, however many payments. */
export class PaymentTotals {
  readonly #sums = new Map<
    string,
    { of: AccountedPayment; count: number; amount: bigint; fiat: bigint; back: bigint }
  >();

  /** Adds one. */
  add(payment: AccountedPayment): void {
    const { chain_id, processor, asset, status, fiat_currency } = payment;
    const key = JSON.stringify([chain_id, processor, asset, status, fiat_currency]);
    const sum = this.#sums.get(key) ?? { of: payment, count: 0, amount: 0n, fiat: 0n, back: 0n };
    sum.count += 1;
    sum.amount += BigInt(payment.amount);
    sum.fiat += BigInt(payment.fiat_amount ?? '0');
    sum.back += BigInt(payment.refunded);
    this.#sums.set(key, sum);
  }

  /** The sums, in the order of their names. */
  all(): readonly PaymentTotal[] {
    return [...this.#sums.entries()]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { of, count, amount, fiat, back }]) => ({
        chain_id: of.chain_id,
        processor: of.processor,
        asset: of.asset,
        status: of.status,
        fiat_currency: of.fiat_currency,
        payments: count,
        amount: amount.toString(),
        fiat_amount: of.fiat_currency === null ? null : fiat.toString(),
        refunded: back.toString(),
      }));
  }
}
