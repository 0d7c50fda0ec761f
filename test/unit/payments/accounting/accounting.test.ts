import { describe, expect, it } from 'vitest';
import { accountedPaymentSchema, accountPayment } from '#shared/payments/accounting/accounted-payment.ts';
import { csvLine } from '#shared/payments/accounting/csv.ts';
import { fiatValue } from '#shared/payments/accounting/fiat-value.ts';
import { shareRefunds } from '#shared/payments/accounting/share-refunds.ts';
import { writePayments } from '#shared/payments/accounting/write-payments.ts';
import { processorOrder, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { testRefund } from '#test/support/fakes/refunds.ts';

const PERIOD = { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };

async function* each<T>(...items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

describe('the fiat value of a payment', () => {
  it.each([
    ['whole', 1_000_000n, 6, '1', 'USD', 100n],
    ['half a cent up', 5_000n, 6, '1', 'USD', 1n],
    ['less than half a cent down', 4_999n, 6, '1', 'USD', 0n],
    ['a price with decimals', 10n ** 18n, 18, '2500.555', 'USD', 250_056n],
    ['a currency without minor units', 10n ** 18n, 18, '250000.5', 'JPY', 250_001n],
    ['a currency with three digits', 1_000_000n, 6, '0.3065', 'KWD', 307n],
    [
      'beyond what a float can count',
      123_456_789_012_345_678_901_234_567n,
      18,
      '1.000000000000000001',
      'USD',
      12_345_678_901n,
    ],
    ['nothing', 0n, 6, '1', 'USD', 0n],
  ])('is exact, and rounded half up once: %s', (_what, amount, decimals, rate, currency, minor) => {
    expect(fiatValue({ amount, decimals, rate, currency })).toBe(minor);
  });
});

describe('a payment in the books', () => {
  it('has the rate of its order, and is swept when its sweep is done', () => {
    const at = '2026-11-22T18:00:00.000Z';
    const payment = testPayment(2_500_000, { confirmed_at: at, taken_up: at });
    expect(accountPayment(testOrder(), payment, { status: 'done' }, 7n)).toMatchObject({
      asset: 'USDC',
      amount_decimal: '2.5',
      rate: '1',
      fiat_amount: '250',
      fiat_currency: 'USD',
      swept: 'done',
      refunded: '7',
      processor: null,
    });
    expect(accountPayment(testOrder(), { ...payment, taken_up: null }, { status: 'done' }, 0n).swept).toBeNull();
  });

  it('of something else than was asked for has no rate', () => {
    const payment = testPayment(5, { other_asset: 'DAI' });
    expect(accountPayment(testOrder(), payment, undefined, 0n)).toMatchObject({
      asset: 'DAI',
      amount: '5',
      amount_decimal: null,
      rate: null,
      fiat_amount: null,
      fiat_currency: null,
    });
  });

  it('of a processor names it, and its transaction', () => {
    const processor = {
      name: 'acme',
      invoice_id: 'inv-1',
      transaction_hash: 'f4184f',
      confirmations: 3,
      told_at: '2026-11-22T18:00:00.000Z',
      is_contradicted: false,
    };
    const payment = testPayment(1_000_000, { on_chain: null, processor });
    expect(accountPayment(processorOrder(), payment, undefined, 0n)).toMatchObject({
      chain_id: null,
      processor: 'acme',
      transaction_hash: 'f4184f',
      amount_decimal: '0.01',
      fiat_amount: '100000',
    });
  });
});

describe('what went back of each payment', () => {
  const paid = (n: number, amount: number, more = {}) =>
    testPayment(amount, { id: `p${n}`, block_at: `2026-11-22T18:0${n}:00.000Z`, ...more });
  const back = (amount: string, more = {}) => testRefund({ status: 'confirmed', amount, ...more });

  it.each([
    ['the latest first', [paid(1, 100), paid(2, 50)], [back('60')], { p2: 50n, p1: 10n }],
    ['nothing of what is under way or failed', [paid(1, 100)], [back('9', { status: 'pending' })], {}],
    [
      'of another asset the payment that it names',
      [paid(1, 100), paid(2, 7, { other_asset: 'DAI' })],
      [back('7', { kind: 'other_asset', payment_id: 'p2' }), back('3')],
      { p1: 3n, p2: 7n },
    ],
    [
      'what is not final is passed over',
      [paid(1, 100), paid(2, 50, { status: 'detected' })],
      [back('60')],
      { p1: 60n },
    ],
    [
      'what a reorg has taken since is the last one’s',
      [paid(1, 10), paid(2, 50, { status: 'orphaned' })],
      [back('60')],
      { p1: 10n, p2: 50n },
    ],
  ])('is %s', (_what, payments, refunds, shares) => {
    expect(Object.fromEntries(shareRefunds(payments, refunds))).toEqual(shares);
  });
});

describe('CSV', () => {
  it.each([
    [['a', 1, null], 'a,1,\r\n'],
    [['a,b', 'c"d', 'e\r\nf'], '"a,b","c""d","e\r\nf"\r\n'],
    [['=1+1', '+1', '-1', '@x', '\tx', '\rx'], "'=1+1,'+1,'-1,'@x,'\tx,\"'\rx\"\r\n"],
    [['=HYPERLINK("x","y")'], '"\'=HYPERLINK(""x"",""y"")"\r\n'],
  ])('of %j is as RFC 4180 has it, and runs in no spreadsheet', (fields, line) => {
    expect(csvLine(fields)).toBe(line);
  });

  it('has a column for each field, in one order', async () => {
    const row = accountPayment(testOrder(), testPayment(1), undefined, 0n);
    const [head, line, end] = (await textOf(writePayments(each(row), PERIOD, 'csv'))).split('\r\n');
    expect(head?.split(',')).toEqual(Object.keys(accountedPaymentSchema.shape));
    expect(line?.split(',')).toHaveLength(Object.keys(accountedPaymentSchema.shape).length);
    expect(end).toBe('');
  });
});

describe('JSON', () => {
  it('has its sums at the end, by what stands alike', async () => {
    const row = (amount: number, more = {}) => accountPayment(testOrder(), testPayment(amount, more), undefined, 1n);
    const rows = [row(4_999), row(5_000), row(7, { status: 'orphaned' }), row(9, { other_asset: 'DAI' })];
    const text = await textOf(writePayments(each(...rows), PERIOD, 'json'));
    expect(JSON.parse(text)).toEqual({
      ...PERIOD,
      payments: rows,
      count: 4,
      totals: [
        expect.objectContaining({ asset: 'DAI', payments: 1, amount: '9', fiat_amount: null }),
        // Each row is rounded by itself: the sum is that of the column.
        expect.objectContaining({
          asset: 'USDC',
          status: 'confirmed',
          payments: 2,
          amount: '9999',
          fiat_amount: '1',
          refunded: '2',
        }),
        expect.objectContaining({ asset: 'USDC', status: 'orphaned', payments: 1, amount: '7', fiat_amount: '0' }),
      ],
    });
  });

  it('of nothing is whole, too', async () => {
    expect(JSON.parse(await textOf(writePayments(each(), PERIOD, 'json')))).toMatchObject({ payments: [], count: 0 });
  });
});
