import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { cartSchema } from '#shared/checkout/cart.ts';
import { deleteCartLine, setCartLine } from '#shared/checkout/change-cart.ts';
import { createCart } from '#shared/checkout/create-cart.ts';
import { sweepCarts } from '#shared/checkout/sweep-carts.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { Capability } from '#shared/platform/http/capability.ts';
import { type CartPlan, cartParts, runCartProcess } from '#test/support/cart-processes.ts';
import type { KillPoint } from '#test/support/crash/crash-plan.ts';
import { brokenStockLaws } from '#test/support/fakes/cart-desk.ts';
import { productItems } from '#test/support/fakes/shop-rows.ts';
import { everythingIn, ownTables } from '#test/support/own-tables.ts';
import { seededRandom } from '#test/support/seeded-random.ts';
import { tableFindings } from '#test/support/table-findings.ts';

const SEED = 20_261_122;
const PROCESSES = 4;
const OVER_MS = 11 * 60_000;

const own = ownTables();

async function stock(sku: string, pieces: number, shards: number): Promise<void> {
  const { parts, tables } = own();
  for (const Item of productItems({ sku, stock_shards: shards, stock_rows: shards }, pieces)) {
    await parts.client.send(new PutCommand({ TableName: tables.shop, Item: { ...Item } }));
  }
}

/** All that is in the shop, for its laws. */
async function desk() {
  const { parts, tables } = own();
  const found = await everythingIn(parts.client, tables.shop);
  const carts = found.filter(({ sk }) => sk === 'CART').map((item) => cartSchema.parse(item));
  const shards = found
    .filter(({ sk }) => sk === 'STOCK')
    .map((item) => z.object({ available: z.number(), reserved: z.number() }).parse(item));
  return {
    rows: () => found,
    carts: () => carts,
    reserved: shards.reduce((sum, { reserved }) => sum + reserved, 0),
    available: shards.reduce((sum, { available }) => sum + available, 0),
  };
}

/** What holds of carts and stock, and every rule of the consistency checker. */
async function expectLaws(pieces: Readonly<Record<string, number>>): Promise<void> {
  expect(brokenStockLaws(await desk(), pieces)).toEqual([]);
  expect(await tableFindings(own().parts, pieces)).toEqual([]);
}

const plan = (changes: Partial<CartPlan>): CartPlan => ({
  info: own().info,
  tables: own().tables,
  carts: 0,
  skus: ['RACE'],
  ...changes,
});

const wishes = z.array(z.string());
const run = async (changes: Partial<CartPlan>) =>
  wishes.parse(JSON.parse((await runCartProcess(plan(changes))) ?? '[]'));
const all = async (changes: Partial<CartPlan>) =>
  (await Promise.all(Array.from({ length: PROCESSES }, () => run(changes)))).flat();
const count = (outcomes: readonly string[], wanted: string) => outcomes.filter((one) => one === wanted).length;

describe('carts of several processes', () => {
  it.each([1, 8])(
    'reserve the last 20 pieces in %i shards once, and are told of the others: OUT_OF_STOCK',
    async (shards) => {
      await stock('RACE', 20, shards);
      const outcomes = await all({ carts: 10 });
      expect([count(outcomes, 'reserved'), count(outcomes, 'OUT_OF_STOCK'), outcomes.length]).toEqual([20, 20, 40]);
      const after = await desk();
      expect([after.available, after.reserved]).toEqual([0, 20]);
      await expectLaws({ RACE: 20 });
    },
  );

  it('with three overlapping SKUs in different orders wait for nobody for ever, and reserve nothing twice', async () => {
    const skus = ['RACE-A', 'RACE-B', 'RACE-C'];
    for (const sku of skus) await stock(sku, 12, 2);
    const outcomes = await all({ carts: 6, skus });
    expect([count(outcomes, 'reserved'), count(outcomes, 'OUT_OF_STOCK'), outcomes.length]).toEqual([36, 36, 72]);
    await expectLaws({ 'RACE-A': 12, 'RACE-B': 12, 'RACE-C': 12 });
  });

  it('are swept once by sweepers at once, whatever their carts do meanwhile', async () => {
    await stock('RACE', 40, 4);
    await all({ carts: 5 });
    const sweeps = Array.from({ length: PROCESSES }, () => runCartProcess(plan({ sweepInMs: OVER_MS })));
    const [swept] = await Promise.all([Promise.all(sweeps), all({ carts: 3 })]);
    const report = z.object({ counts: z.object({ lapsed: z.number(), failed: z.number() }) });
    const counts = swept.map((one) => report.parse(JSON.parse(one ?? '{}')).counts);
    expect(counts.reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
    expect(counts.reduce((sum, { lapsed }) => sum + lapsed, 0)).toBeGreaterThanOrEqual(20);
    await expectLaws({ RACE: 40 });
    await runCartProcess(plan({ sweepInMs: OVER_MS }));
    const after = await desk();
    expect([after.available, after.reserved]).toEqual([40, 0]);
  });

  it('lose no piece when they, or the sweeper, are killed, wherever that is', async () => {
    await stock('RACE', 30, 3);
    const random = seededRandom(SEED);
    for (let round = 0; round < 10; round += 1) {
      const isSweep = round % 2 === 1;
      const kill: KillPoint = { index: Math.floor(random() * 12), side: random() < 0.5 ? 'before' : 'after' };
      await runCartProcess(plan(isSweep ? { sweepInMs: OVER_MS, kill } : { carts: 3, kill }));
      await expectLaws({ RACE: 30 });
    }
    await runCartProcess(plan({ sweepInMs: OVER_MS }));
    expect((await desk()).reserved).toBe(0);
  });
});

describe('one cart', () => {
  it('that is changed twenty times at once has every change after the other, and its last quantity reserved', async () => {
    await stock('RACE', 50, 2);
    const { parts } = own();
    const deps = cartParts(parts, systemClock);
    const context = { ...parts.context(), deadline: Deadline.in(60_000, systemClock) };
    const { id, token } = await createCart(deps, context);
    const shown = { ...context, capability: new Capability(token ?? '') };
    const views = await Promise.all(
      Array.from({ length: 20 }, (_, nth) =>
        nth % 5 === 4
          ? deleteCartLine(deps, id, 'RACE', shown)
          : setCartLine(deps, id, 'RACE', { quantity: 1 + nth, reserve: nth % 2 === 0 }, shown),
      ),
    );
    const after = await desk();
    expect(after.carts()[0]?.version).toBe(Math.max(...views.map(({ version }) => version)));
    await expectLaws({ RACE: 50 });
  });

  it('is changed in three calls, a reservation included, and swept in a read and a write', async () => {
    await stock('RACE', 50, 1);
    const { parts } = own();
    const deps = cartParts(parts, systemClock);
    const context = { ...parts.context(), deadline: Deadline.in(60_000, systemClock) };
    const { id, token } = await createCart(deps, context);
    const shown = { ...context, capability: new Capability(token ?? '') };
    parts.calls.reset();
    await setCartLine(deps, id, 'RACE', { quantity: 2, reserve: true }, shown);
    expect(parts.calls.snapshot()).toEqual({
      GetItemCommand: 1,
      BatchGetItemCommand: 1,
      TransactWriteItemsCommand: 1,
    });
    parts.calls.reset();
    await sweepCarts(
      cartParts(parts, () => systemClock() + OVER_MS),
      Deadline.in(60_000, systemClock),
    );
    expect(parts.calls.snapshot()).toEqual({ QueryCommand: 5, GetItemCommand: 1, TransactWriteItemsCommand: 1 });
  });
});
