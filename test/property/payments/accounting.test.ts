import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { orderItem, paymentItem } from '#shared/orders/put-order.ts';
import { accountedPaymentSchema } from '#shared/payments/accounting/accounted-payment.ts';
import { fiatValue } from '#shared/payments/accounting/fiat-value.ts';
import { createPaymentLedger } from '#shared/payments/accounting/payment-ledger.ts';
import { paymentsOf, writePayments } from '#shared/payments/accounting/write-payments.ts';
import { orderId, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';

const exportSchema = z.object({
  payments: z.array(accountedPaymentSchema),
  count: z.number(),
  totals: z.array(z.object({ payments: z.number(), amount: z.string(), fiat_amount: z.string().nullable() })),
});

const FIRST_MS = Date.UTC(2026, 8, 15);
const LAST_MS = Date.UTC(2027, 1, 15);
const payment = fc.record({
  order: fc.integer({ min: 1, max: 5 }),
  amount: fc.bigInt(1n, 10n ** 30n),
  // Now and then at the same moment as another, or at the edge of a month.
  atMs: fc.oneof(fc.integer({ min: FIRST_MS, max: LAST_MS }), fc.constantFrom(Date.UTC(2026, 10), Date.UTC(2026, 11))),
  status: fc.constantFrom('detected' as const, 'confirmed' as const, 'orphaned' as const),
  other_asset: fc.option(fc.constant('DAI'), { nil: undefined }),
});
const instant = fc.oneof(
  fc.integer({ min: FIRST_MS, max: LAST_MS }),
  fc.constantFrom(Date.UTC(2026, 9), Date.UTC(2026, 10), Date.UTC(2026, 11), Date.UTC(2027, 0)),
);

describe('an export of payments', () => {
  it('has every payment of its period once, in their order, and sums that are those of what is stored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(payment, { maxLength: 40 }), instant, instant, async (list, one, other) => {
        const desk = createShopDesk();
        for (let n = 1; n <= 5; n += 1) desk.dynamo.put('shop', orderItem(testOrder({ id: orderId(n) })));
        const stored = list.map(({ order, amount, atMs, status, other_asset }, n) =>
          testPayment(amount, {
            id: `31337:0x${n}:native`,
            order_id: orderId(order),
            block_at: new Date(atMs).toISOString(),
            status,
            ...(other_asset === undefined ? {} : { other_asset }),
          }),
        );
        for (const each of stored) desk.dynamo.put('shop', paymentItem(each));
        const [from, to] = [Math.min(one, other), Math.max(one, other)].map((ms) => new Date(ms).toISOString());
        const period = { from: from ?? '', to: to ?? '' };
        const ledger = createPaymentLedger(desk.client, 'shop');
        let text = '';
        for await (const piece of writePayments(paymentsOf(ledger, period, undefined), period, 'json')) text += piece;
        const { payments, count, totals } = exportSchema.parse(JSON.parse(text));
        const within = stored
          .filter(({ block_at }) => block_at >= period.from && block_at < period.to)
          .toSorted((a, b) => (`${a.block_at}#${a.order_id}#${a.id}` < `${b.block_at}#${b.order_id}#${b.id}` ? -1 : 1));
        expect(payments.map(({ id }) => id)).toEqual(within.map(({ id }) => id));
        expect(count).toBe(within.length);
        const sum = (amounts: readonly (string | null)[]) =>
          amounts.reduce((all, each) => all + BigInt(each ?? '0'), 0n);
        expect(sum(totals.map(({ amount }) => amount))).toBe(sum(within.map(({ amount }) => amount)));
        expect(sum(totals.map(({ fiat_amount }) => fiat_amount))).toBe(
          sum(payments.map(({ fiat_amount }) => fiat_amount)),
        );

        // Page by page from the other end: the same.
        const back: string[] = [];
        let after: string | undefined;
        do {
          const page = await ledger.page(period, 'newest_first', after, 3);
          back.push(...page.payments.map(({ id }) => id));
          after = page.next;
        } while (after !== undefined);
        expect(back).toEqual(within.map(({ id }) => id).reverse());
      }),
      { numRuns: 40 },
    );
  });

  it('values no amount further off than half a minor unit', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 40n),
        fc.integer({ min: 0, max: 36 }),
        fc.bigInt(1n, 10n ** 18n),
        fc.integer({ min: 0, max: 18 }),
        (amount, decimals, units, places) => {
          const digits = units.toString().padStart(places + 1, '0');
          const split = digits.length - places;
          const rate = places === 0 ? digits : `${digits.slice(0, split)}.${digits.slice(split)}`;
          const minor = fiatValue({ amount, decimals, rate, currency: 'USD' });
          const scale = 10n ** BigInt(decimals + places);
          const exact = amount * units * 100n;
          const off = 2n * (minor * scale - exact);
          expect(off <= scale && off > -scale).toBe(true);
        },
      ),
    );
  });
});
