import * as z from 'zod';

const count = z.number().int().nonnegative();

/** The most of one SKU that can be on hand: sums of shards stay far below what a JavaScript number counts exactly. */
export const MAX_ON_HAND = 1_000_000_000;

/** A shard of a SKU's stock. Counts of pieces; on hand is `available + reserved`. */
export const stockShardSchema = z.object({
  sku: z.string(),
  shard: z.number().int().nonnegative(),
  available: count,
  reserved: count,
  sold: count,
  /** The product's offer under which it is sold. */
  offer: z.number().int(),
  /** Whether the product is on sale. */
  on_sale: z.boolean(),
  /** Goes up with every change of a count: who sums up reservations sees which shards moved meanwhile. */
  changes: count,
});

/** A shard of a SKU's stock. */
export type StockShard = z.output<typeof stockShardSchema>;

/** So many pieces of a SKU, from or for one shard. */
export const allocationSchema = z.object({
  sku: z.string(),
  shard: z.number().int().nonnegative(),
  quantity: z.number().int().positive(),
});

/** So many pieces of a SKU, from or for one shard. */
export type Allocation = z.output<typeof allocationSchema>;

/** What of one SKU is wanted. */
export interface Wanted {
  readonly sku: string;
  /** Above zero. */
  readonly quantity: number;
}

/** From which shards a want can be met, or how many there are in all. */
export type AllocationResult =
  | { readonly kind: 'allocated'; readonly allocations: readonly Allocation[] }
  | { readonly kind: 'short'; readonly available: number };

/**
 * Chooses shards for a want: one that has enough, at random, so that rivals meet seldom; where none has, as few as possible, those
 * with most first. Pure.
 *
 * @param shards of the SKU
 * @param random from 0 to 1; not for secrets
 */
export function allocate(
  { sku, quantity }: Wanted,
  shards: readonly StockShard[],
  random: () => number,
): AllocationResult {
  const enough = shards.filter(({ available }) => available >= quantity);
  const picked = enough[Math.min(Math.floor(random() * enough.length), enough.length - 1)];
  if (picked !== undefined) return { kind: 'allocated', allocations: [{ sku, shard: picked.shard, quantity }] };
  const allocations: Allocation[] = [];
  let missing = quantity;
  for (const { shard, available } of shards.toSorted((a, b) => b.available - a.available)) {
    const taken = Math.min(available, missing);
    if (taken === 0) break;
    allocations.push({ sku, shard, quantity: taken });
    missing -= taken;
  }
  return missing === 0 ? { kind: 'allocated', allocations } : { kind: 'short', available: quantity - missing };
}

/** Adds up wants of the same SKU: DynamoDB refuses two actions on one item, and each by itself would be checked against the same count. */
export function addUp(wants: readonly Wanted[]): readonly Wanted[] {
  const bySku = new Map<string, number>();
  for (const { sku, quantity } of wants) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity);
  return [...bySku].map(([sku, quantity]) => ({ sku, quantity }));
}

/** The stock of a SKU over all its shards. */
export interface StockLevel {
  readonly on_hand: number;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}

/** Sums up shards. Pure. */
export function levelOf(shards: readonly StockShard[]): StockLevel {
  const sum = (of: (shard: StockShard) => number) => shards.reduce((total, shard) => total + of(shard), 0);
  const available = sum((shard) => shard.available);
  const reserved = sum((shard) => shard.reserved);
  return { on_hand: available + reserved, available, reserved, sold: sum((shard) => shard.sold) };
}
