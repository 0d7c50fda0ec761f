import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paymentSchema } from '#shared/orders/order.ts';
import { mergeTold } from '#shared/payments/processors/merge-told.ts';
import type { Told } from '#shared/payments/processors/told.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { orderId, processorOrder, TEST_DEADLINE_MS } from '#test/support/fakes/orders.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { createWebhookDesk, type WebhookDesk } from '#test/support/fakes/webhook-desk.ts';
import { hashOf } from '#test/support/fakes/webhook-messages.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

const BTC = { asset: 'BTC', code: 'BTC', decimals: 8, required_confirmations: 3 };
const ID = orderId(1);

/** What a processor may say of one of two payments, at any of a few times before and after the deadline. */
const told: fc.Arbitrary<Told> = fc.record({
  event: fc.constantFrom('detected', 'confirmed', 'confirmed', 'failed', 'invoice_expired'),
  invoiceId: fc.constant('inv-1'),
  paymentId: fc.constantFrom('pay-1', 'pay-2'),
  transactionHash: fc.constant(null),
  currency: fc.constantFrom(BTC, BTC, BTC, { ...BTC, asset: 'SOL', code: 'SOL', decimals: 9 }),
  amount: fc.constantFrom(400_000n, 600_000n, 1_000_000n, 1_200_000n),
  confirmations: fc.constantFrom(0, 2, 3, 9),
  toldAtMs: fc.constantFrom(TEST_NOW_MS, TEST_NOW_MS + 60_000, TEST_DEADLINE_MS, TEST_DEADLINE_MS + 1),
});

/** A set of deliveries, and two ways in which they come: each at least once. */
const deliveries = fc.uniqueArray(told, { minLength: 1, maxLength: 6, selector: keyOf }).chain((set) => {
  const once = fc.shuffledSubarray(set, { minLength: set.length, maxLength: set.length });
  const again = fc.array(fc.constantFrom(...set), { maxLength: 4 });
  const way = fc
    .tuple(once, again)
    .chain(([all, more]) => fc.shuffledSubarray([...all, ...more], { minLength: all.length + more.length }));
  return fc.tuple(way, way);
});

function keyOf(one: Told): string {
  return JSON.stringify({ ...one, amount: one.amount.toString() });
}

/** What is to be the same whatever the way: but for versions, and when Haven heard of it. */
function stateOf(desk: WebhookDesk) {
  const orders = desk.orders().map(({ status, flags, stock, payment }) => ({ status, flags, stock, payment }));
  const payments = desk.payments().map(({ detected_at: _, confirmed_at: __, ...payment }) => payment);
  const known = desk.rows('shop').filter(({ sk }) => sk === 'PROCESSOR_DELIVERY').length;
  const alerts = desk.rows('logs').map(({ severity, details }) => JSON.stringify({ severity, details }));
  return { orders, payments: payments.toSorted((a, b) => (a.id < b.id ? -1 : 1)), known, alerts: alerts.length };
}

describe('deliveries of a processor', () => {
  it('end the same in any order and however often they come: payments, order, stock and alerts', async () => {
    const shared = createShopDesk();
    await fc.assert(
      fc.asyncProperty(deliveries, async ([one, other]) => {
        const states = [];
        for (const way of [one, other]) {
          const desk = await createWebhookDesk('acme', {}, shared);
          const seen = new Set<string>();
          for (const each of way) {
            const key = keyOf(each);
            expect(await desk.apply(each, key)).toBe(seen.has(key) ? 'already_known' : 'applied');
            seen.add(key);
          }
          await expectShopLaws(desk);
          states.push(stateOf(desk));
        }
        expect(states[1]).toEqual(states[0]);
      }),
      { numRuns: 150 },
    );
  });

  it('merge to a payment that is one, and by the same word again to the same', () => {
    fc.assert(
      fc.property(fc.array(told, { minLength: 1, maxLength: 8 }), (all) => {
        const order = processorOrder();
        const one = all.map((each): Told => ({ ...each, paymentId: 'pay-1' }));
        const delivery = (each: Told) => ({ processor: 'acme', told: each, heardAtMs: TEST_NOW_MS, graceMs: 0 });
        const merge = (ways: readonly Told[]) =>
          ways.reduce<ReturnType<typeof mergeTold>>(
            (stored, each) => mergeTold(order, stored, delivery(each)) ?? stored,
            undefined,
          );
        const merged = merge(one);
        if (merged !== undefined) expect(paymentSchema.parse(merged)).toEqual(merged);
        expect(merge([...one, ...one.toReversed()])).toEqual(merged);
      }),
    );
  });
});

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);
const CONFIRMED: Told = {
  event: 'confirmed',
  invoiceId: 'inv-1',
  paymentId: 'pay-1',
  transactionHash: hashOf(1),
  currency: BTC,
  amount: 1_000_000n,
  confirmations: 3,
  toldAtMs: TEST_NOW_MS,
};
const PARTS = [400_000n, 600_000n].map(
  (amount, n): Told => ({
    ...CONFIRMED,
    amount,
    paymentId: `part-${n}`,
    transactionHash: hashOf(n),
  }),
);

describe('rivals for one order', { timeout: 120_000 }, () => {
  it('the same delivery twice at once: one is applied, the other known already', async () => {
    const shared = createShopDesk();
    for (const seed of SEEDS) {
      const desk = await createWebhookDesk('acme', {}, shared);
      const apply = (name: string) => () => desk.apply(CONFIRMED, 'd', desk.crossing.client(name));
      const ended = await desk.crossing.run({ one: apply('one'), other: apply('other') }, seededRandom(seed));
      const said = Object.values(ended).map((one) => (one?.status === 'fulfilled' ? one.value : String(one?.reason)));
      expect(said.toSorted()).toEqual(['already_known', 'applied']);
      expect(await desk.order(ID)).toMatchObject({ status: 'paid', payment: { amount_paid: '1000000' } });
      await expectShopLaws(desk);
    }
  });

  it('two parts at once: both count', async () => {
    const shared = createShopDesk();
    for (const seed of SEEDS) {
      const desk = await createWebhookDesk('acme', {}, shared);
      const apply = (n: number) => () => desk.apply(PARTS[n] ?? CONFIRMED, `d${n}`, desk.crossing.client(`p${n}`));
      await desk.crossing.run({ p0: apply(0), p1: apply(1) }, seededRandom(seed));
      expect(await desk.order(ID)).toMatchObject({ status: 'paid', payment: { amount_paid: '1000000' } });
      await expectShopLaws(desk);
    }
  });

  it('one transaction for two orders at once: it counts for one of them', async () => {
    const shared = createShopDesk();
    for (const seed of SEEDS.slice(0, 100)) {
      const desk = await createWebhookDesk('acme', {}, shared);
      await desk.putBound(2);
      const apply = (n: number) => () =>
        desk.apply({ ...CONFIRMED, invoiceId: `inv-${n}`, paymentId: `p${n}` }, `d${n}`, desk.crossing.client(`p${n}`));
      await desk.crossing.run({ p1: apply(1), p2: apply(2) }, seededRandom(seed));
      const statuses = await Promise.all([1, 2].map(async (n) => (await desk.order(orderId(n)))?.status));
      expect(statuses.toSorted()).toEqual(['awaiting_payment', 'paid']);
      await expectShopLaws(desk);
    }
  });

  it('a delivery and the expirer: paid, or expired with its money in sight', async () => {
    const shared = createShopDesk();
    const met = new Set<string>();
    for (const seed of SEEDS) {
      const desk = await createWebhookDesk('acme', {}, shared);
      desk.clock.advance(TEST_DEADLINE_MS - desk.clock.now() + 121_000);
      await desk.crossing.run(
        {
          told: () => desk.apply(CONFIRMED, 'd', desk.crossing.client('told')),
          expirer: () => desk.expireAtProcessors(desk.crossing.client('expirer')),
        },
        seededRandom(seed),
      );
      const order = await desk.order(ID);
      met.add(`${order?.status} ${order?.flags} ${order?.payment.amount_paid}`);
      await expectShopLaws(desk);
    }
    expect([...met].toSorted()).toEqual(['expired paid_late 1000000', 'paid  1000000']);
  });
});

describe('killed at any request, before or after it had its effect', () => {
  it.each([
    ['that is applied', CONFIRMED],
    ['that contradicts what was told', { ...CONFIRMED, event: 'failed' as const }],
    ['of no order', { ...CONFIRMED, invoiceId: 'inv-9' }],
  ])('a delivery %s leaves all or nothing, and sent again ends as if nothing had been', async (_what, one) => {
    const shared = createShopDesk();
    const contradicts = one.event === 'failed';
    const open = async () => {
      const desk = await createWebhookDesk('acme', {}, shared);
      if (contradicts) await desk.apply(CONFIRMED, 'before');
      return desk;
    };
    const told = (desk: WebhookDesk, name: string) =>
      desk.apply(one, 'd', desk.crossing.client(name)).catch(() => 'refused');
    const whole = await open();
    await told(whole, 'whole');
    const after = stateOf(whole);
    const before = stateOf(await open());
    for (const fate of ['die before', 'die after'] as const) {
      for (let request = 0; ; request += 1) {
        const desk = await open();
        await desk.crossing.run({ dying: () => told(desk, 'dying') }, () => 0, { request, fate });
        const died = desk.crossing.taken.length <= request;
        expect([before, after]).toContainEqual(stateOf(desk));
        await told(desk, 'again');
        // What is refused is told to operators each time: nothing of the shop says that it was before.
        expect({ ...stateOf(desk), alerts: 0 }).toEqual({ ...after, alerts: 0 });
        expect(desk.rows('logs').length).toBeGreaterThanOrEqual(after.alerts);
        await expectShopLaws(desk);
        if (died) break;
      }
    }
  });
});
