import { describe, expect, it } from 'vitest';
import { openShop, refusal } from '#test/support/fakes/open-shop.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

describe('stock at a checkout', () => {
  it('that is short refuses the whole order, naming what is wanted and what is there', async () => {
    const desk = openShop();
    const cart = await desk.putCart([
      { sku: 'TEE', quantity: 11 },
      { sku: 'MUG', quantity: 4 },
    ]);
    expect(await refusal(() => desk.checkOut(cart))).toMatchObject({
      code: 'OUT_OF_STOCK',
      details: {
        lines: [
          { sku: 'TEE', wanted: 11, available: 10 },
          { sku: 'MUG', wanted: 4, available: 3 },
        ],
      },
    });
    await expectShopLaws(desk);
  });

  it('is taken from several shards where none has enough', async () => {
    const desk = openShop();
    const order = await desk.checkOut(await desk.putCart([{ sku: 'MUG', quantity: 3 }]));
    const stored = await desk.order(order.id);
    expect(stored?.lines[0]?.allocations).toHaveLength(2);
    await expectShopLaws(desk);
  });

  it('Medusa #16502, #11403: two lines of one SKU are not each held against the same stock', async () => {
    const desk = openShop();
    const twice = await desk.putCart([
      { sku: 'MUG', quantity: 2 },
      { sku: 'MUG', quantity: 2 },
    ]);
    expect(await refusal(() => desk.checkOut(twice))).toMatchObject({
      code: 'OUT_OF_STOCK',
      details: { lines: [{ sku: 'MUG', wanted: 4, available: 3 }] },
    });
    const both = await desk.putCart([
      { sku: 'MUG', quantity: 1 },
      { sku: 'MUG', quantity: 1 },
    ]);
    expect((await desk.checkOut(both)).lines).toMatchObject([{ sku: 'MUG', quantity: 2 }]);
    await expectShopLaws(desk);
  });

  it('Medusa #16825: two carts for the last unit make one order, and nothing of the other', async () => {
    const desk = openShop();
    desk.putProduct('LAST', [1]);
    const carts = [
      await desk.putCart([{ sku: 'LAST', quantity: 1 }]),
      await desk.putCart([{ sku: 'LAST', quantity: 1 }]),
    ];
    const outcomes = await Promise.allSettled(carts.map((cart) => desk.checkOut(cart)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'OUT_OF_STOCK', details: { lines: [{ sku: 'LAST', wanted: 1, available: 0 }] } },
    });
    expect(desk.orders()).toHaveLength(1);
    await expectShopLaws(desk);
  });

  it('Vendure #1355, #1738, #3508: is taken when the order is placed, not looked at then and taken later', async () => {
    const desk = openShop();
    desk.putProduct('LAST', [1]);
    const { id } = await desk.checkOut(await desk.putCart([{ sku: 'LAST', quantity: 1 }]));
    // Nobody has paid yet, and there is nothing left to sell.
    const other = await desk.putCart([{ sku: 'LAST', quantity: 1 }]);
    expect((await refusal(() => desk.checkOut(other))).code).toBe('OUT_OF_STOCK');
    expect(await desk.order(id)).toMatchObject({ status: 'awaiting_payment', stock: 'reserved' });
  });

  it('seed S11: an order that wants n pieces has n pieces or is none', async () => {
    const desk = openShop();
    for (const quantity of [4, 4, 4]) {
      await desk.checkOut(await desk.putCart([{ sku: 'TEE', quantity }])).catch(() => undefined);
    }
    expect(desk.orders()).toHaveLength(2);
    await expectShopLaws(desk);
  });

  it('of a product that is off sale is none', async () => {
    const desk = openShop();
    desk.putProduct('OLD', [5], { active: false });
    const cart = await desk.putCart([{ sku: 'OLD', quantity: 1 }]);
    expect(await refusal(() => desk.checkOut(cart))).toMatchObject({ details: { lines: [{ available: 0 }] } });
  });

  it('Saleor allocate_stocks: that a cart has reserved is taken over: nobody else gets it, and nothing is counted twice', async () => {
    const desk = openShop();
    desk.putProduct('LAST', [1]);
    const until = desk.clock.now() + 60_000;
    const holder = await desk.putCart([{ sku: 'LAST', quantity: 1, reservedUntilMs: until }]);
    const other = await desk.putCart([{ sku: 'LAST', quantity: 1 }]);
    expect((await refusal(() => desk.checkOut(other))).code).toBe('OUT_OF_STOCK');
    expect(await desk.checkOut(holder)).toMatchObject({ status: 'awaiting_payment' });
    await expectShopLaws(desk);
  });

  it('be-BOP #533: that a cart had reserved too long ago is everybody’s', async () => {
    const desk = openShop();
    desk.putProduct('LAST', [1]);
    const cart = await desk.putCart([{ sku: 'LAST', quantity: 1, reservedUntilMs: desk.clock.now() + 1_000 }]);
    desk.clock.advance(2_000);
    expect(await desk.checkOut(cart)).toMatchObject({ status: 'awaiting_payment' });
    await expectShopLaws(desk);
  });

  it('that a cart had reserved, and whose time ends while prices are asked, is neither lost nor taken twice', async () => {
    const desk = openShop();
    desk.putProduct('PAIR', [2]);
    const until = desk.clock.now() + 1_000;
    const cart = await desk.putCart([{ sku: 'PAIR', quantity: 1, reservedUntilMs: until }]);
    const { prices } = desk.checkoutDeps(desk.client);
    const slow: typeof prices = {
      price: (...asked) => {
        desk.clock.advance(2_000);
        return prices.price(...asked);
      },
    };
    expect(await desk.checkOut(cart, {}, {}, { prices: slow })).toMatchObject({ status: 'awaiting_payment' });
    await expectShopLaws(desk);
  });

  it('that is reserved is not sold at another price than the cart says', async () => {
    const desk = openShop();
    const until = desk.clock.now() + 60_000;
    const cart = await desk.putCart([{ sku: 'TEE', quantity: 1, reservedUntilMs: until }]);
    await desk.reprice('TEE', '9900');
    expect((await refusal(() => desk.checkOut(cart))).code).toBe('PRICE_CHANGED');
    await expectShopLaws(desk);
  });

  it('more of a SKU than an order may have is refused', async () => {
    const desk = openShop();
    desk.putProduct('RARE', [9], { max_per_order: 2 });
    const cart = await desk.putCart([{ sku: 'RARE', quantity: 3 }]);
    expect(await refusal(() => desk.checkOut(cart))).toMatchObject({ code: 'INVALID_PARAMETER' });
  });
});
