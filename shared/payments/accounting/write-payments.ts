import { type AccountedPayment, accountedPaymentSchema } from './accounted-payment.ts';
import { csvLine } from './csv.ts';
import type { PaymentLedger, Period } from './payment-ledger.ts';
import { PaymentTotals } from './totals.ts';

/** How an export is written. */
export type ExportFormat = 'csv' | 'json';

/** Payments of one read: what an export holds in memory at most. */
const PAGE = 100;

const COLUMNS = accountedPaymentSchema.keyof().options;

/**
 * The payments of a period, the oldest first, page by page.
 *
 * @param status undefined: all
 */
export async function* paymentsOf(
  ledger: PaymentLedger,
  period: Period,
  status: AccountedPayment['status'] | undefined,
): AsyncGenerator<AccountedPayment> {
  let after: string | undefined;
  do {
    const { payments, next } = await ledger.page(period, 'oldest_first', after, PAGE);
    for (const payment of payments) if (status === undefined || payment.status === status) yield payment;
    after = next;
  } while (after !== undefined);
}

/**
 * Payments as a file, piece by piece: CSV with a line for each below one with the names of the columns; or one JSON object with the period, a line
 * for each payment, and at the end how many there are and their sums. A file without that end is not whole.
 */
export function writePayments(
  payments: AsyncIterable<AccountedPayment>,
  period: Period,
  format: ExportFormat,
): AsyncGenerator<string> {
  return format === 'csv' ? asCsv(payments) : asJson(payments, period);
}

async function* asCsv(payments: AsyncIterable<AccountedPayment>): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  for await (const payment of payments) yield csvLine(COLUMNS.map((name) => payment[name]));
}

async function* asJson(payments: AsyncIterable<AccountedPayment>, { from, to }: Period): AsyncGenerator<string> {
  const totals = new PaymentTotals();
  let count = 0;
  yield `{"from":${JSON.stringify(from)},"to":${JSON.stringify(to)},"payments":[`;
  for await (const payment of payments) {
    totals.add(payment);
    yield `${count === 0 ? '' : ','}\n${JSON.stringify(payment)}`;
    count += 1;
  }
  yield `\n],"count":${count},"totals":${JSON.stringify(totals.all())}}\n`;
}
