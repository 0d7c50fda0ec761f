import type { OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Allocation, StockShard } from './stock.ts';
import { stockKey } from './stock-keys.ts';

/** Every write of stock is in this file. Each is conditional, and none lets a count fall below zero. */

/**
 * Adds to a transaction that pieces are reserved: from available to reserved, on the condition that there are so many, and that they are
 * sold under the offer that the buyer was shown.
 *
 * @param table the shop table
 * @param offer the product's offer as it was read
 * @param onConflict gets the shard as it is, which says whether it is short, off sale, or sold under another offer: see `refusalOf`
 */
export function reserveStock(
  write: WriteTransaction,
  table: string,
  { sku, shard, quantity }: Allocation,
  offer: number,
  onConflict: OnConflict,
): void {
  write.update(
    table,
    stockKey(sku, shard),
    {
      expression: 'SET available = available - :quantity, reserved = reserved + :quantity ADD changes :one',
      values: { ':quantity': quantity, ':one': 1 },
    },
    onConflict,
    {
      expression: 'available >= :quantity AND offer = :offer AND on_sale = :yes',
      values: { ':offer': offer, ':yes': true },
    },
  );
}

/**
 * Adds to a transaction that pieces are reserved for an order that was placed before, at the price that it was placed at: under any offer,
 * on sale or not.
 */
export function reserveAgain(
  write: WriteTransaction,
  table: string,
  { sku, shard, quantity }: Allocation,
  onConflict: OnConflict,
): void {
  write.update(
    table,
    stockKey(sku, shard),
    {
      expression: 'SET available = available - :quantity, reserved = reserved + :quantity ADD changes :one',
      values: { ':quantity': quantity, ':one': 1 },
    },
    onConflict,
    { expression: 'available >= :quantity' },
  );
}

/**
 * Adds to a transaction the condition that a shard's SKU is still sold under an offer: for pieces that are reserved already, and
 * so leave nothing to write. Needs the right to dynamodb:ConditionCheckItem.
 *
 * @param onConflict gets the shard as it is: see `refusalOf`
 */
export function checkOffer(
  write: WriteTransaction,
  table: string,
  { sku, shard }: Pick<Allocation, 'sku' | 'shard'>,
  offer: number,
  onConflict: OnConflict,
): void {
  write.check(table, stockKey(sku, shard), onConflict, {
    expression: 'offer = :offer AND on_sale = :yes',
    values: { ':offer': offer, ':yes': true },
  });
}

/** Why pieces could not be reserved. */
export type Refusal = 'short' | 'other_offer' | 'off_sale';

/** Says why, by the shard as the failed condition saw it; undefined: there is no such shard, which is a bug. Pure. */
export function refusalOf(existing: Readonly<Record<string, unknown>> | undefined, offer: number): Refusal | undefined {
  if (existing === undefined) return undefined;
  if (existing['on_sale'] !== true) return 'off_sale';
  return existing['offer'] === offer ? 'short' : 'other_offer';
}

/** Adds to a transaction that reserved pieces are available again. Needs no offer: what comes back is sold under the one of its shard. */
export function releaseStock(
  write: WriteTransaction,
  table: string,
  allocation: Allocation,
  onConflict: OnConflict,
): void {
  fromReserved(write, table, allocation, 'available', onConflict);
}

/** Adds to a transaction that reserved pieces are sold for good. */
export function sellStock(
  write: WriteTransaction,
  table: string,
  allocation: Allocation,
  onConflict: OnConflict,
): void {
  fromReserved(write, table, allocation, 'sold', onConflict);
}

function fromReserved(
  write: WriteTransaction,
  table: string,
  { sku, shard, quantity }: Allocation,
  to: 'available' | 'sold',
  onConflict: OnConflict,
): void {
  write.update(
    table,
    stockKey(sku, shard),
    {
      expression: 'SET reserved = reserved - :quantity, #to = #to + :quantity ADD changes :one',
      names: { '#to': to },
      values: { ':quantity': quantity, ':one': 1 },
    },
    onConflict,
    { expression: 'reserved >= :quantity' },
  );
}

/**
 * Adds to a transaction that pieces come to a shard or leave it, without an order: never more leave than are available.
 *
 * @param by pieces; below zero: so many leave
 */
export function adjustStock(
  write: WriteTransaction,
  table: string,
  { sku, shard }: Pick<Allocation, 'sku' | 'shard'>,
  by: number,
  onConflict: OnConflict,
): void {
  write.update(
    table,
    stockKey(sku, shard),
    { expression: 'SET available = available + :by ADD changes :one', values: { ':by': by, ':one': 1 } },
    onConflict,
    { expression: 'available >= :least', values: { ':least': Math.max(0, -by) } },
  );
}

/** Adds a new shard to a transaction, if absent. */
export function putStock(write: WriteTransaction, table: string, shard: StockShard, onConflict: OnConflict): void {
  write.put(table, { ...stockKey(shard.sku, shard.shard), ...shard }, onConflict);
}

/**
 * Adds to a transaction that a shard is sold under another offer, or not at all; and that pieces come or leave with that, because a
 * transaction can change an item only once.
 *
 * @param before the offer that it has, in the condition
 */
export function putOffer(
  write: WriteTransaction,
  table: string,
  { sku, shard }: Pick<Allocation, 'sku' | 'shard'>,
  before: number,
  after: {
    readonly offer: number;
    readonly onSale: boolean;
    /** Pieces; below zero: so many leave, never more than are available. */
    readonly by: number;
  },
  onConflict: OnConflict,
): void {
  write.update(
    table,
    stockKey(sku, shard),
    {
      expression: 'SET offer = :after, on_sale = :sale, available = available + :by ADD changes :changes',
      values: { ':after': after.offer, ':sale': after.onSale, ':by': after.by, ':changes': after.by === 0 ? 0 : 1 },
    },
    onConflict,
    {
      expression: 'offer = :before AND available >= :least',
      values: { ':before': before, ':least': Math.max(0, -after.by) },
    },
  );
}

/**
 * Adds to a transaction that a shard's counts are set right after a count of reservations, on the condition that it has not moved since.
 *
 * @param before as it was read
 */
export function repairStock(
  write: WriteTransaction,
  table: string,
  before: StockShard,
  counts: Pick<StockShard, 'available' | 'reserved'>,
  onConflict: OnConflict,
): void {
  write.update(
    table,
    stockKey(before.sku, before.shard),
    {
      expression: 'SET available = :available, reserved = :reserved ADD changes :one',
      values: { ':available': counts.available, ':reserved': counts.reserved, ':one': 1 },
    },
    onConflict,
    { expression: 'changes = :before', values: { ':before': before.changes } },
  );
}
