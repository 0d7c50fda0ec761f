import * as z from 'zod';
import type { Allocation } from '#shared/catalog/stock.ts';
import type { Finding } from './finding.ts';
import type { ShopRows } from './shop-rows.ts';

const createdSchema = z.object({ action: z.literal('product.created'), detail: z.object({ stock: z.number().int() }) });
const adjustedSchema = z.object({
  action: z.literal('stock.adjusted'),
  detail: z.object({ quantity: z.number().int() }),
});

/** Where orders held more than was on hand, on hand was raised by what is missing of it. */
const repairedSchema = z.object({
  action: z.literal('stock.repaired'),
  detail: z.object({ shards: z.array(z.object({ missing: z.number().int() })) }),
});

/**
 * How many pieces of a product came in, less those that left without an order: with those that a repair found promised and not there: by the entries of its audit
 * stream. Pure.
 */
export function cameInBy(entries: readonly unknown[]): number {
  return entries.reduce<number>((sum, entry) => {
    const created = createdSchema.safeParse(entry);
    if (created.success) return sum + created.data.detail.stock;
    const adjusted = adjustedSchema.safeParse(entry);
    if (adjusted.success) return sum + adjusted.data.detail.quantity;
    const repaired = repairedSchema.safeParse(entry);
    return repaired.success ? repaired.data.detail.shards.reduce((all, { missing }) => all + missing, sum) : sum;
  }, 0);
}

/** What came in by SKU: the stock of its creation, all adjustments and what repairs found missing, as its audit stream says. */
export type CameIn = ReadonlyMap<string, number>;

/** Holds the counts of stock against what holds, took and brought pieces. Pure. */
export function stockFindings(rows: ShopRows, cameIn: CameIn): readonly Finding[] {
  return [...layoutFindings(rows), ...countFindings(rows), ...onHandFindings(rows, cameIn)];
}

function layoutFindings({ products, shards }: ShopRows): readonly Finding[] {
  const findings: Finding[] = [];
  const there = new Set(shards.map(({ sku, shard }) => nameOf({ sku, shard })));
  for (const { sku, stock_rows } of products.values()) {
    for (let shard = 0; shard < stock_rows; shard += 1) {
      const of = nameOf({ sku, shard });
      if (!there.has(of)) findings.push({ rule: 'shard_missing', of, says: `of ${stock_rows} shards` });
    }
  }
  for (const { sku, shard, offer, on_sale } of shards) {
    const of = nameOf({ sku, shard });
    const product = products.get(sku);
    if (product === undefined || shard >= product.stock_rows) {
      findings.push({ rule: 'shard_orphan', of, says: product === undefined ? 'no product' : 'beyond its shards' });
    } else if (offer !== product.offer || on_sale !== product.active) {
      const says = `offer ${offer}, on sale ${on_sale}; the product ${product.offer}, ${product.active}`;
      findings.push({ rule: 'offer', of, says });
    }
  }
  return findings;
}

function countFindings({ shards, orders, carts }: ShopRows): readonly Finding[] {
  const held = new Map<string, number>();
  const sold = new Map<string, number>();
  const add = (to: Map<string, number>, allocations: readonly Allocation[]) => {
    for (const one of allocations) to.set(nameOf(one), (to.get(nameOf(one)) ?? 0) + one.quantity);
  };
  for (const { stock, lines } of orders.values()) {
    if (stock === 'released') continue;
    for (const { allocations } of lines) add(stock === 'sold' ? sold : held, allocations);
  }
  for (const { status, lines, tampered_at } of carts.values()) {
    if (status !== 'open' || tampered_at !== undefined) continue;
    for (const { reservation } of lines) add(held, reservation?.allocations ?? []);
  }
  const names = new Set([...shards.map(nameOf), ...held.keys(), ...sold.keys()]);
  const byName = new Map(shards.map((shard) => [nameOf(shard), shard]));
  return [...names].flatMap((of) => {
    const counted = byName.get(of) ?? { reserved: 0, sold: 0 };
    const wanted = { reserved: held.get(of) ?? 0, sold: sold.get(of) ?? 0 };
    return (['reserved', 'sold'] as const).flatMap((rule): Finding[] =>
      counted[rule] === wanted[rule]
        ? []
        : [{ rule, of, says: `${counted[rule]} counted, ${wanted[rule]} by orders and carts` }],
    );
  });
}

function onHandFindings({ products, shards }: ShopRows, cameIn: CameIn): readonly Finding[] {
  const accounted = new Map<string, number>();
  for (const { sku, available, reserved, sold } of shards) {
    accounted.set(sku, (accounted.get(sku) ?? 0) + available + reserved + sold);
  }
  return [...products.keys()].flatMap((sku): Finding[] => {
    const there = accounted.get(sku) ?? 0;
    const came = cameIn.get(sku) ?? 0;
    return there === came
      ? []
      : [{ rule: 'on_hand', of: sku, says: `${there} on hand and sold, ${came} came in by its audit stream` }];
  });
}

function nameOf({ sku, shard }: Pick<Allocation, 'sku' | 'shard'>): string {
  return `${sku}#${shard}`;
}
