import { describe, expect, it } from 'vitest';
import { createHeldStock, HELD_SKU, holdInOrder } from '#test/support/fakes/held-stock.ts';

/** Longer than a desk gives a reconciliation. */
const TOO_LONG_MS = 30_000;

/** Held stock of which one shard counts wrong; from a look on, the answer to who holds what comes too late. */
async function openCutOff(atLook: number, onLook: (look: number) => void = () => undefined) {
  let looks = 0;
  const desk = await createHeldStock({
    around({ operation, body }, answer) {
      const said = answer();
      if (operation === 'Query' && JSON.stringify(body).includes('HOLDING_CARTS')) {
        looks += 1;
        onLook(looks);
        if (looks === atLook) desk.clock.advance(TOO_LONG_MS);
      }
      return said;
    },
  });
  desk.corrupt(HELD_SKU, 0, { reserved: 1 });
  const reserved = () => desk.shards(HELD_SKU).map((shard) => shard.reserved);
  return { desk, reserved, looks: () => looks };
}

describe('a look at who holds what that takes too long', () => {
  it.each([HELD_SKU, undefined])('is given up, and says nothing of what it saw in part: of %s', async (sku) => {
    const { desk, reserved, looks } = await openCutOff(1);
    const report = await desk.reconcile({ sku, repair: true });
    expect(report).toMatchObject({ complete: false, shards: 0, drifts: [], moving: [] });
    expect(looks()).toBe(1);
    // Of holders nothing is read after that.
    const late = desk.aws.requests.findIndex(({ body }) => JSON.stringify(body).includes('HOLDING_CARTS'));
    const after = desk.aws.requests.slice(late + 1).map(({ operation }) => operation);
    expect(after).toEqual(sku === undefined ? ['TransactWriteItems'] : []);
    expect(reserved()).toEqual([1, 3]);
    expect(desk.alerts()).toEqual([]);
  });

  it('leaves what only one look saw unjudged and unrepaired', async () => {
    const { desk, reserved } = await openCutOff(2);
    const report = await desk.reconcile({ sku: HELD_SKU, repair: true });
    expect(report).toMatchObject({
      complete: false,
      shards: 2,
      drifts: [],
      moving: [{ sku: HELD_SKU, shard: 0 }],
    });
    expect(reserved()).toEqual([1, 3]);
  });

  it('does not keep from being repaired what two looks have counted wholly', async () => {
    const { desk, reserved } = await openCutOff(3, (look) => {
      const allocation = { sku: HELD_SKU, shard: 1, quantity: 1 };
      holdInOrder(desk, `ord_1${look}`, 'awaiting_payment', [allocation]);
      void desk.reserve(allocation);
    });
    const report = await desk.reconcile({ sku: HELD_SKU, repair: true });
    expect(report).toMatchObject({
      complete: false,
      drifts: [{ sku: HELD_SKU, shard: 0, repaired: true }],
      moving: [{ sku: HELD_SKU, shard: 1 }],
    });
    expect(reserved()).toEqual([3, 6]);
  });

  it('leaves time for the report on all stock, which says that it is not complete', async () => {
    const { desk } = await openCutOff(1);
    await desk.reconcile();
    expect((await desk.send('GET', '/admin/stock/report')).json).toMatchObject({ complete: false, shards: 0 });
  });

  it('is not counted by the schedule', async () => {
    const { desk } = await openCutOff(1);
    await desk.lookOver();
    expect(desk.metrics.counts()).not.toHaveProperty('StockReconciled');
    expect(desk.log.of('STOCK_RECONCILED')).toMatchObject([{ complete: false, products: 2, shards: 0, drifts: 0 }]);
  });
});

it('no look is waited for that there is no time for', async () => {
  const desk = await createHeldStock();
  desk.corrupt(HELD_SKU, 0, { reserved: 1 });
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  // Enough for a look and what comes after all of them, and not for the wait between two.
  const report = await desk.reconcile({ sku: HELD_SKU, repair: true }, desk.deadline(2_900), wait);
  expect(report).toMatchObject({ complete: false, shards: 2, drifts: [], moving: [{ sku: HELD_SKU, shard: 0 }] });
  expect(waits).toEqual([]);
});
