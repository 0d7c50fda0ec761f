import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { orderId, TEST_DEADLINE_MS, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShopDesk, type ShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

/** Orders in which the requests of two processes can come, tried for each race. */
const INTERLEAVINGS = 1_000;
const SEEDS = Array.from({ length: INTERLEAVINGS }, (_, seed) => seed);
const ID = orderId(1);
const PAID = testPayment(1_000_000);

/** A shop with one order of two of ten pieces. */
async function open(status: 'awaiting_payment' | 'paid' = 'awaiting_payment') {
  const desk = createShopDesk(shared);
  desk.putProduct('TEE-M', [10]);
  await desk.putOrder(testOrder({ status }), status === 'paid' ? [PAID] : []);
  return desk;
}

/** What a process came to: `ok`, or the code of its refusal. */
function told(outcome: PromiseSettledResult<unknown> | undefined): string {
  if (outcome?.status === 'fulfilled') return 'ok';
  const reason: unknown = outcome?.reason;
  return typeof reason === 'object' && reason !== null && 'code' in reason ? String(reason.code) : String(reason);
}

/** Counts how often each outcome was met, so that a race that never happens is found out. */
function tally() {
  const counts = new Map<string, number>();
  return {
    add: (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1),
    met: () => [...counts.keys()].toSorted(),
  };
}

async function raced(desk: ShopDesk, seed: number, one: (name: string) => Promise<unknown>, other: typeof one) {
  const outcomes = await desk.crossing.run({ one: () => one('one'), other: () => other('other') }, seededRandom(seed));
  await expectShopLaws(desk);
  return [told(outcomes['one']), told(outcomes['other'])] as const;
}

/** Clients for all runs. */
const shared = createShopDesk();

describe('in 1,000 interleavings', { timeout: 300_000 }, () => {
  it('expiry and a payment in time: the order is confirming with its pieces, or expired with its money in sight', async () => {
    const seen = tally();
    for (const seed of SEEDS) {
      const desk = await open();
      desk.clock.advance(TEST_DEADLINE_MS - desk.clock.now() + 60_000);
      const payment = testPayment(1_000_000, { status: 'detected', block_at: isoTime(TEST_DEADLINE_MS - 1_000) });
      const outcomes = await raced(
        desk,
        seed,
        (name) => desk.expire(desk.crossing.client(name)),
        (name) => desk.settle(ID, [payment], desk.crossing.client(name)),
      );
      expect(outcomes).toEqual(['ok', 'ok']);
      const order = await desk.order(ID);
      seen.add(`${order?.status} ${order?.flags} ${order?.payment.amount_paid}`);
    }
    expect(seen.met()).toEqual(['confirming  1000000', 'expired paid_late 1000000']);
  });

  it('a cancellation and a payment: cancelled with its money in sight, or confirming and not to be cancelled', async () => {
    const seen = tally();
    for (const seed of SEEDS) {
      const desk = await open();
      const payment = testPayment(1_000_000, { status: 'detected' });
      const [cancelled] = await raced(
        desk,
        seed,
        (name) => desk.ask(ID, 'cancelled', 'customer', desk.crossing.client(name)),
        (name) => desk.settle(ID, [payment], desk.crossing.client(name)),
      );
      const order = await desk.order(ID);
      seen.add(`${cancelled} ${order?.status} ${order?.payment.amount_paid}`);
    }
    expect(seen.met()).toEqual(['INVALID_TRANSITION confirming 1000000', 'ok cancelled 1000000']);
  });

  it('a cancellation and expiry: one of them gives the pieces back', async () => {
    const seen = tally();
    for (const seed of SEEDS) {
      const desk = await open();
      desk.clock.advance(TEST_DEADLINE_MS - desk.clock.now() + 60_000);
      const [cancelled] = await raced(
        desk,
        seed,
        (name) => desk.ask(ID, 'cancelled', 'customer', desk.crossing.client(name)),
        (name) => desk.expire(desk.crossing.client(name)),
      );
      seen.add(`${cancelled} ${(await desk.order(ID))?.status}`);
    }
    expect(seen.met()).toEqual(['INVALID_TRANSITION expired', 'ok cancelled']);
  });

  it('Pinelab #620: two operators who fulfil: one does, and pieces are sold once', async () => {
    const seen = tally();
    for (const seed of SEEDS) {
      const desk = await open('paid');
      const outcomes = await raced(
        desk,
        seed,
        (name) => desk.ask(ID, 'fulfilled', 'operator', desk.crossing.client(name)),
        (name) => desk.ask(ID, 'fulfilled', 'operator', desk.crossing.client(name)),
      );
      seen.add(outcomes.toSorted().join(' '));
      expect(await desk.order(ID)).toMatchObject({ status: 'fulfilled', stock: 'sold', version: 2 });
    }
    expect(seen.met()).toEqual(['INVALID_TRANSITION ok']);
  });

  it('a fulfilment and money that goes from the chain: sold while it was there, with the alert, or not sold', async () => {
    const seen = tally();
    for (const seed of SEEDS) {
      const desk = await open('paid');
      const [fulfilled] = await raced(
        desk,
        seed,
        (name) => desk.ask(ID, 'fulfilled', 'operator', desk.crossing.client(name)),
        (name) => desk.settle(ID, [{ ...PAID, status: 'orphaned' }], desk.crossing.client(name)),
      );
      const order = await desk.order(ID);
      seen.add(`${fulfilled} ${order?.status} ${order?.flags} ${desk.rows('logs').length}`);
    }
    expect(seen.met()).toEqual(['INVALID_TRANSITION paid partially_paid 1', 'ok fulfilled partially_paid 1']);
  });

  it('the same payment seen twice at once is stored and told once', async () => {
    const seen = tally();
    for (const seed of SEEDS) {
      const desk = await open();
      const payment = testPayment(400_000);
      const see = (name: string) => desk.settle(ID, [payment], desk.crossing.client(name));
      expect(await raced(desk, seed, see, see)).toEqual(['ok', 'ok']);
      const order = await desk.order(ID);
      seen.add(`${order?.payment.amount_paid} ${order?.version} ${desk.rows('audit').length}`);
    }
    expect(seen.met()).toEqual(['400000 2 1']);
  });

  it('two payments that cover it together: it is paid, whoever saw which first', async () => {
    const seen = tally();
    for (const seed of SEEDS) {
      const desk = await open();
      const see = (id: string) => (name: string) =>
        desk.settle(ID, [testPayment(500_000, { id })], desk.crossing.client(name));
      expect(await raced(desk, seed, see('a'), see('b'))).toEqual(['ok', 'ok']);
      const order = await desk.order(ID);
      seen.add(`${order?.status} ${order?.payment.amount_paid}`);
    }
    expect(seen.met()).toEqual(['paid 1000000']);
  });

  it('a late payment that is accepted, and a buyer of the same last pieces: one of them gets them', async () => {
    const seen = tally();
    for (const seed of SEEDS) {
      const desk = createShopDesk(shared);
      desk.fillPool();
      desk.putProduct('TEE-M', [2]);
      await desk.putOrder(testOrder({ status: 'expired' }));
      await desk.settle(ID, [testPayment(1_000_000)]);
      const cart = await desk.putCart([{ sku: 'TEE-M', quantity: 1 }]);
      const outcomes = await raced(
        desk,
        seed,
        (name) => desk.acceptLate(ID, desk.crossing.client(name)),
        (name) => desk.checkOut(cart, { by: desk.crossing.client(name) }),
      );
      seen.add(`${outcomes.join(' ')} ${(await desk.order(ID))?.status}`);
    }
    expect(seen.met()).toEqual(['OUT_OF_STOCK ok expired', 'ok OUT_OF_STOCK paid']);
  });
});
