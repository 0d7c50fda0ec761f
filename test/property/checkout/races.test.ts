import { describe, expect, it } from 'vitest';
import { createShopDesk, type ShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

/** Orders in which the requests of processes can come, tried for each race. */
const INTERLEAVINGS = 1_000;
const SEEDS = Array.from({ length: INTERLEAVINGS }, (_, seed) => seed);

/** What a process came to: `ok`, or the code of its refusal. */
function told(outcome: PromiseSettledResult<unknown> | undefined): string {
  if (outcome?.status === 'fulfilled') return 'ok';
  const reason: unknown = outcome?.reason;
  return typeof reason === 'object' && reason !== null && 'code' in reason ? String(reason.code) : String(reason);
}

async function raced(desk: ShopDesk, seed: number, processes: readonly ((name: string) => Promise<unknown>)[]) {
  const named = Object.fromEntries(processes.map((run, index) => [`p${index}`, () => run(`p${index}`)]));
  const outcomes = await desk.crossing.run(named, seededRandom(seed));
  await expectShopLaws(desk);
  return processes.map((_, index) => told(outcomes[`p${index}`]));
}

function open(stock: readonly number[]) {
  const desk = createShopDesk(shared);
  desk.fillPool();
  desk.putProduct('TEE', stock);
  return desk;
}

/** Clients for all runs. */
const shared = createShopDesk();

describe('in 1,000 interleavings', { timeout: 300_000 }, () => {
  it('a checkout and a price change: an order at the price that was agreed to, or both prices', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const desk = open([5, 5]);
      const cart = await desk.putCart([{ sku: 'TEE', quantity: 2 }]);
      const outcomes = await raced(desk, seed, [
        (name) => desk.checkOut(cart, { by: desk.crossing.client(name) }),
        (name) => desk.reprice('TEE', '9900', desk.crossing.client(name)),
      ]);
      for (const { total } of desk.orders()) expect(total).toEqual({ amount: '5000', currency: 'USD' });
      seen.add(outcomes.join(' '));
    }
    expect([...seen].toSorted()).toEqual(['PRICE_CHANGED ok', 'ok ok']);
  });

  it('a checkout and a change that takes stock away: one of them gets the last piece', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const desk = open([1]);
      const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
      const outcomes = await raced(desk, seed, [
        (name) => desk.checkOut(cart, { by: desk.crossing.client(name) }),
        (name) => desk.adjust('TEE', -1, desk.crossing.client(name)),
      ]);
      seen.add(outcomes.join(' '));
    }
    expect([...seen].toSorted()).toEqual(['OUT_OF_STOCK ok', 'ok OUT_OF_STOCK']);
  });

  it('a checkout and a change that brings stock: an order if it came first, else a clear refusal', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const desk = open([0]);
      const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
      const outcomes = await raced(desk, seed, [
        (name) => desk.checkOut(cart, { by: desk.crossing.client(name) }),
        (name) => desk.adjust('TEE', 1, desk.crossing.client(name)),
      ]);
      seen.add(outcomes.join(' '));
    }
    expect([...seen].toSorted()).toEqual(['OUT_OF_STOCK ok', 'ok ok']);
  });

  it('Saleor #12652: one cart checked out three times: one order', async () => {
    for (const seed of SEEDS) {
      const desk = open([5]);
      const cart = await desk.putCart([{ sku: 'TEE', quantity: 1 }]);
      const check = (name: string) => desk.checkOut(cart, { by: desk.crossing.client(name) });
      const outcomes = await raced(desk, seed, [check, check, check]);
      expect(outcomes.toSorted()).toEqual(['INVALID_TRANSITION', 'INVALID_TRANSITION', 'ok']);
    }
  });

  it('BTCPay #6628: two checkouts that find the same deposit wallet: two orders, each with an address of its own', async () => {
    for (const seed of SEEDS) {
      const desk = open([5]);
      const carts = [
        await desk.putCart([{ sku: 'TEE', quantity: 1 }]),
        await desk.putCart([{ sku: 'TEE', quantity: 1 }]),
      ];
      // All of them look at the same slots, and take the first.
      const outcomes = await raced(
        desk,
        seed,
        carts.map(
          (cart) => (name: string) => desk.checkOut(cart, { by: desk.crossing.client(name) }, {}, { random: () => 0 }),
        ),
      );
      expect(outcomes).toEqual(['ok', 'ok']);
      expect(
        new Set(
          desk
            .rows('shop')
            .filter(({ sk }) => sk === 'PAYMENT_ADDRESS')
            .map(({ pk }) => pk),
        ).size,
      ).toBe(2);
    }
  });

  it('Medusa #11403, #14804: three carts with the same three SKUs in different orders, stock for two: two orders, nothing taken in part', async () => {
    for (const seed of SEEDS) {
      const desk = open([1, 1]);
      desk.putProduct('MUG', [2]);
      desk.putProduct('CAP', [1, 1]);
      const orders = [
        ['TEE', 'MUG', 'CAP'],
        ['CAP', 'TEE', 'MUG'],
        ['MUG', 'CAP', 'TEE'],
      ];
      const carts = [];
      for (const skus of orders) carts.push(await desk.putCart(skus.map((sku) => ({ sku, quantity: 1 }))));
      const outcomes = await raced(
        desk,
        seed,
        carts.map((cart) => (name: string) => desk.checkOut(cart, { by: desk.crossing.client(name) })),
      );
      expect(outcomes.toSorted()).toEqual(['OUT_OF_STOCK', 'ok', 'ok']);
    }
  });
});
