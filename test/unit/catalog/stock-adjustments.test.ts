import { describe, expect, it } from 'vitest';
import { type CatalogDesk, createCatalogDesk } from '#test/support/fakes/catalog-desk.ts';

const SKU = 'TEE-M';

/** A desk with one product of so many pieces. */
async function stocked(stock: number, more: object = {}, desk = createCatalogDesk()) {
  const price = { amount: '2500', currency: 'USD' };
  await desk.send('POST', '/products', { sku: SKU, name: 'Tee', price, stock, ...more });
  return desk;
}

const adjust = (desk: CatalogDesk, quantity: unknown, key?: string) =>
  desk.send(
    ...(['POST', `/products/${SKU}/stock-adjustments`, { quantity, reason: 'counted' }] as const),
    key === undefined ? {} : { key },
  );

describe('an adjustment', () => {
  it('changes shards, the audit stream and the answer in one transaction', async () => {
    const desk = await stocked(10, { stock_shards: 2 });
    const before = desk.aws.requests.length;
    const { statusCode, json } = await adjust(desk, 7);
    expect([statusCode, json]).toMatchObject([201, { sku: SKU, quantity: 7, reason: 'counted', audit_seq: 2 }]);
    expect(desk.aws.requests.slice(before).map(({ operation }) => operation)).toEqual([
      ...['BatchGetItem', 'TransactWriteItems'],
    ]);
    expect(desk.shards(SKU).map(({ available }) => available)).toEqual([9, 8]);
    expect((await desk.entries(SKU)).at(-1)).toMatchObject({
      action: 'stock.adjusted',
      reason: 'counted',
      detail: {
        quantity: 7,
        shards: [
          { shard: 0, by: 4 },
          { shard: 1, by: 3 },
        ],
      },
    });
    expect(await desk.brokenAt(SKU)).toBeNull();
  });

  it('sent twice with one Idempotency-Key is done once', async () => {
    const desk = await stocked(10);
    await adjust(desk, 7, 'k');
    const again = await adjust(desk, 7, 'k');
    expect(again.headers['Idempotent-Replayed']).toBe('true');
    expect(desk.level(SKU).on_hand).toBe(17);
  });

  it('BTCPay #2126: has a floor, so that no more leaves than is available, and what is reserved stays', async () => {
    const desk = await stocked(10, { stock_shards: 2 });
    await desk.reserve({ sku: SKU, shard: 0, quantity: 4 });
    const { statusCode, json } = await adjust(desk, -7);
    expect([statusCode, json.error, json.details]).toMatchObject([
      409,
      'OUT_OF_STOCK',
      { sku: SKU, requested: 7, available: 6, reserved: 4 },
    ]);
    expect((await adjust(desk, -6)).statusCode).toBe(201);
    expect(desk.level(SKU)).toEqual({ on_hand: 4, available: 0, reserved: 4, sold: 0 });
  });

  it('makes no more on hand than can be', async () => {
    const desk = await stocked(999_999_999);
    expect((await adjust(desk, 2)).json.error).toBe('INVALID_PARAMETER');
    expect((await adjust(desk, 1)).statusCode).toBe(201);
  });

  it.each([0, -0, 1.5, '5', null, 1e21, -1_000_000_001, 2 ** 53])('of %j is refused', async (quantity) => {
    const desk = await stocked(10);
    const { json } = await adjust(desk, quantity);
    expect([json.error, json.details.fields[0].field]).toEqual(['INVALID_PARAMETER', 'body.quantity']);
    expect(desk.level(SKU).on_hand).toBe(10);
  });

  it('needs a reason', async () => {
    const desk = await stocked(10);
    const { json } = await desk.send('POST', `/products/${SKU}/stock-adjustments`, { quantity: 1, reason: ' ' });
    expect(json.details.fields[0].field).toBe('body.reason');
  });

  it('Vendure #4930: computed from what was read before a buyer came is computed anew, not written over', async () => {
    let buy: (() => Promise<void>) | undefined;
    const desk = createCatalogDesk({
      around({ operation }, answer) {
        const said = answer();
        if (operation === 'BatchGetItem' && buy !== undefined) {
          const buying = buy;
          buy = undefined;
          // What the memory tables do is done at once: the buyer is there before the adjustment's own write.
          void buying();
        }
        return said;
      },
    });
    await stocked(10, {}, desk);
    buy = () => desk.reserve({ sku: SKU, shard: 0, quantity: 6 });
    expect((await adjust(desk, -5)).json).toMatchObject({ error: 'OUT_OF_STOCK', details: { available: 4 } });
    buy = () => desk.reserve({ sku: SKU, shard: 0, quantity: 1 });
    expect((await adjust(desk, -3)).statusCode).toBe(201);
    expect(desk.level(SKU)).toEqual({ on_hand: 7, available: 0, reserved: 7, sold: 0 });
  });

  it('beside others is one of a row of entries, and every piece is counted', async () => {
    const desk = await stocked(100, { stock_shards: 3 });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => adjust(desk, index % 2 === 0 ? 3 : -2)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(201));
    expect(desk.level(SKU).on_hand).toBe(110);
    expect((await desk.entries(SKU)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 21 }, (_, index) => index + 1),
    );
    expect(await desk.brokenAt(SKU)).toBeNull();
  });
});

describe('another number of shards', () => {
  const reshard = (desk: CatalogDesk, stock_shards: number) => desk.send('PATCH', `/products/${SKU}`, { stock_shards });

  it('spreads what is available, and leaves what is reserved and sold where it is', async () => {
    const desk = await stocked(20);
    await desk.reserve({ sku: SKU, shard: 0, quantity: 5 });
    await desk.sell({ sku: SKU, shard: 0, quantity: 1 });
    expect((await reshard(desk, 4)).json).toMatchObject({ stock_shards: 4, version: 2 });
    expect(desk.shards(SKU).map(({ available, reserved, sold }) => [available, reserved, sold])).toEqual([
      ...[
        [4, 4, 1],
        [4, 0, 0],
        [4, 0, 0],
        [3, 0, 0],
      ],
    ]);
    expect(desk.shards(SKU).map(({ offer, on_sale }) => [offer, on_sale])).toEqual(Array(4).fill([1, true]));
  });

  it('gathers it, and rows never go away: what comes back to one that is out of use can be sold from there', async () => {
    const desk = await stocked(20, { stock_shards: 4 });
    await desk.reserve({ sku: SKU, shard: 3, quantity: 2 });
    await reshard(desk, 1);
    expect(desk.shards(SKU).map(({ available }) => available)).toEqual([18, 0, 0, 0]);
    await desk.release({ sku: SKU, shard: 3, quantity: 2 });
    await desk.reserve({ sku: SKU, shard: 3, quantity: 1 });
    expect(desk.product(SKU)).toMatchObject({ stock_shards: 1, stock_rows: 4 });
    expect(desk.level(SKU)).toEqual({ on_hand: 20, available: 19, reserved: 1, sold: 0 });
    // And back again: the same rows.
    await reshard(desk, 4);
    expect(desk.shards(SKU).map(({ available }) => available)).toEqual([5, 5, 5, 4]);
  });

  it('together with another price is one write for each shard', async () => {
    const desk = await stocked(20, { stock_shards: 2 });
    const price = { amount: '1', currency: 'USD' };
    await desk.send('PATCH', `/products/${SKU}`, { stock_shards: 3, price });
    expect(desk.shards(SKU).map(({ available, offer }) => [available, offer])).toEqual([
      ...[
        [7, 2],
        [7, 2],
        [6, 2],
      ],
    ]);
  });

  it('16 of them with another offer are within what a transaction takes', async () => {
    const desk = await stocked(1_000, { stock_shards: 16 });
    await desk.send('PATCH', `/products/${SKU}`, { active: false });
    expect(desk.shards(SKU).map(({ on_sale }) => on_sale)).toEqual(Array(16).fill(false));
    expect(desk.level(SKU).available).toBe(1_000);
  });
});
