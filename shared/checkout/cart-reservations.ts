import type { Allocation, Wanted } from '#shared/catalog/stock.ts';
import type { CartLine } from './cart.ts';

/**
 * Reservations of a cart's lines. A reservation's end is set when it is made and never moves: who wants pieces for longer
 * has to ask for them anew once it is over, as everybody else may by then.
 */

/** Reserved lines of one cart, and their pieces: enough for a customer, too few to empty a shop with. */
export const MAX_RESERVED_LINES = 10;
/** Over all lines of one cart. */
export const MAX_RESERVED_PIECES = 50;

/** Whether a line's pieces are kept for it. */
export function isHeld({ reservation }: Pick<CartLine, 'reservation'>, nowMs: number): boolean {
  return reservation !== null && Date.parse(reservation.until) > nowMs;
}

/** What is to be done about the reservations of lines that are to be checked out. */
export interface Takeover {
  /** Lines whose pieces are kept for them: an order takes these allocations as they are, and no stock moves. */
  readonly held: readonly { readonly sku: string; readonly allocations: readonly Allocation[] }[];
  /** What has to be reserved. */
  readonly wanted: readonly Wanted[];
}

/**
 * Tells which lines of a cart have their pieces already, and which need them. Asks for no time: what `settleCart` left to a cart is the
 * order's, though its end comes while prices are asked. Judged by a later time it would be neither given back nor taken over. Pure.
 *
 * @param lines of a cart as `settleCart` returned it
 */
export function takeoverOf(lines: readonly CartLine[]): Takeover {
  const held = lines.flatMap(({ sku, reservation }) =>
    reservation === null ? [] : [{ sku, allocations: reservation.allocations }],
  );
  const wanted = lines.filter(({ reservation }) => reservation === null);
  return { held, wanted: wanted.map(({ sku, quantity }) => ({ sku, quantity })) };
}

/**
 * Takes reservations from lines whose time is over. The lines stay. Pure.
 *
 * @returns the lines, and what is to be given back; when that is nothing, the lines are as they were
 */
export function lapse(
  lines: readonly CartLine[],
  nowMs: number,
): { readonly lines: readonly CartLine[]; readonly given: readonly Allocation[] } {
  const over = lines.filter((line) => line.reservation !== null && !isHeld(line, nowMs));
  return {
    lines: lines.map((line) => (over.includes(line) ? { ...line, reservation: null } : line)),
    given: over.flatMap(({ reservation }) => reservation?.allocations ?? []),
  };
}

/** When the first reservation of some lines ends (ISO 8601); undefined: none is reserved. */
export function firstEnd(lines: readonly CartLine[]): string | undefined {
  return lines
    .flatMap(({ reservation }) => (reservation === null ? [] : [reservation.until]))
    .toSorted()
    .at(0);
}

/** How many pieces allocations are of. */
export function pieces(allocations: readonly Allocation[]): number {
  return allocations.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Puts allocations of one SKU together, one for each shard. */
export function joined(...lists: readonly (readonly Allocation[])[]): Allocation[] {
  const byShard = new Map<number, Allocation>();
  for (const one of lists.flat()) {
    const before = byShard.get(one.shard);
    byShard.set(one.shard, before === undefined ? one : { ...one, quantity: before.quantity + one.quantity });
  }
  return [...byShard.values()].toSorted((a, b) => a.shard - b.shard);
}

/**
 * Takes so many pieces out of allocations of one SKU, smallest first: fewer shards are left. Pure.
 *
 * @param quantity at most as many as there are
 */
export function trimmed(
  allocations: readonly Allocation[],
  quantity: number,
): { readonly kept: readonly Allocation[]; readonly given: readonly Allocation[] } {
  const given: Allocation[] = [];
  const kept: Allocation[] = [];
  let left = quantity;
  for (const one of allocations.toSorted((a, b) => a.quantity - b.quantity)) {
    const taken = Math.min(one.quantity, left);
    left -= taken;
    if (taken > 0) given.push({ ...one, quantity: taken });
    if (taken < one.quantity) kept.push({ ...one, quantity: one.quantity - taken });
  }
  return { kept: joined(kept), given: joined(given) };
}
