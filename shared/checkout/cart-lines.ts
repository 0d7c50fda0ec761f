import { MAX_QUANTITY, type Product } from '#shared/catalog/product.ts';
import type { StockedProduct } from '#shared/catalog/product-reader.ts';
import { type Allocation, allocate } from '#shared/catalog/stock.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import { type Cart, type CartLine, MAX_CART_LINES } from './cart.ts';
import { cartEnd } from './cart-expiry.ts';
import { isHeld, joined, MAX_RESERVED_LINES, MAX_RESERVED_PIECES, pieces, trimmed } from './cart-reservations.ts';
import type { UnsealedCart } from './cart-seal.ts';

/** How a line is to be. */
export interface LineWish {
  readonly quantity: number;
  /** Whether its pieces are to be kept; undefined: if they are now. */
  readonly reserve: boolean | undefined;
}

/** What a change of a cart comes to. */
export interface CartChange {
  readonly cart: UnsealedCart;
  /** To be reserved in the same transaction. */
  readonly taken: readonly Allocation[];
  /** To be given back in the same transaction. */
  readonly given: readonly Allocation[];
}

/** What rules about lines need besides the cart. */
export interface LineTerms {
  readonly nowMs: number;
  /** How long pieces are kept that are reserved now. */
  readonly reservationMs: number;
  /** From 0 to 1; not for secrets. */
  readonly random: () => number;
}

/**
 * Sets a line to a quantity and to what its product costs now. A line that has its pieces keeps them and their end; more
 * are reserved or some given back when the quantity changes. Pure.
 *
 * @param cart as it is, without reservations that are over
 * @param stocked its product as it was just read; shards may be left out where nothing is to be reserved
 * @returns undefined when all is as wanted already
 * @throws PRODUCT_NOT_FOUND, INVALID_PARAMETER naming the field, OUT_OF_STOCK
 */
export function withLine(
  cart: Cart,
  sku: string,
  stocked: StockedProduct | undefined,
  wish: LineWish,
  terms: LineTerms,
): CartChange | undefined {
  const product = onSale(stocked, sku);
  requireQuantity(product, wish.quantity);
  const before = cart.lines.find((line) => line.sku === sku);
  const others = cart.lines.filter((line) => line.sku !== sku);
  if (others.length >= MAX_CART_LINES) {
    throw fieldError('INVALID_PARAMETER', 'params.sku', `a cart has at most ${MAX_CART_LINES} lines`);
  }
  requireCurrency(others, product);
  const expiresAt = cartEnd(cart.created_at, terms.nowMs);
  const { reservation, taken, given } = reserved(before, sku, stocked, wish, expiresAt, terms);
  const line: CartLine = {
    sku,
    name: product.name,
    quantity: wish.quantity,
    unit_price: product.price,
    offer: product.offer,
    stock_rows: product.stock_rows,
    reservation,
  };
  if (before !== undefined && isSameLine(before, line)) return undefined;
  const lines = before === undefined ? [...cart.lines, line] : cart.lines.map((one) => (one.sku === sku ? line : one));
  requireRoomForReservations(lines, terms.nowMs);
  return { cart: changed(cart, lines, expiresAt, terms.nowMs), taken, given };
}

/** Takes a line out of a cart. Pure. @returns undefined when there is no such line */
export function withoutLine(cart: Cart, sku: string, nowMs: number): CartChange | undefined {
  const line = cart.lines.find((one) => one.sku === sku);
  if (line === undefined) return undefined;
  const lines = cart.lines.filter((one) => one !== line);
  return {
    cart: changed(cart, lines, cartEnd(cart.created_at, nowMs), nowMs),
    taken: [],
    given: line.reservation?.allocations ?? [],
  };
}

function changed(cart: Cart, lines: readonly CartLine[], expiresAt: string, nowMs: number): UnsealedCart {
  const { checksum: _, ...rest } = cart;
  return {
    ...rest,
    lines: [...lines],
    currency: lines[0]?.unit_price.currency ?? null,
    updated_at: isoTime(nowMs),
    expires_at: expiresAt,
    version: cart.version + 1,
  };
}

/** A storefront is told no more of what isn't on sale than of what isn't there. */
function onSale(stocked: StockedProduct | undefined, sku: string): Product {
  if (stocked?.product.active === true) return stocked.product;
  throw new HavenError('PRODUCT_NOT_FOUND', `There is no product ${sku} on sale`, {
    details: { fields: [{ field: 'params.sku', message: 'is not on sale' }] },
  });
}

function requireQuantity({ sku, max_per_order: limit }: Product, quantity: number): void {
  const most = Math.min(limit, MAX_QUANTITY);
  if (quantity <= most) return;
  throw fieldError('INVALID_PARAMETER', 'body.quantity', `must be at most ${most} of ${sku}`);
}

function requireCurrency(others: readonly CartLine[], { sku, price }: Product): void {
  const currency = others[0]?.unit_price.currency ?? price.currency;
  if (currency === price.currency) return;
  const message = `${sku} is sold in ${price.currency}, and the cart is in ${currency}`;
  throw new HavenError('INVALID_PARAMETER', message, {
    details: {
      fields: [{ field: 'params.sku', message: 'is sold in another currency than the cart' }],
      cart_currency: currency,
      product_currency: price.currency,
    },
  });
}

function requireRoomForReservations(lines: readonly CartLine[], nowMs: number): void {
  const held = lines.filter((line) => isHeld(line, nowMs));
  if (held.length > MAX_RESERVED_LINES) {
    throw fieldError('INVALID_PARAMETER', 'body.reserve', `at most ${MAX_RESERVED_LINES} lines of a cart are reserved`);
  }
  if (held.reduce((sum, { quantity }) => sum + quantity, 0) > MAX_RESERVED_PIECES) {
    throw fieldError(
      'INVALID_PARAMETER',
      'body.reserve',
      `at most ${MAX_RESERVED_PIECES} pieces are reserved for a cart`,
    );
  }
}

interface Reserved extends Omit<CartChange, 'cart'> {
  readonly reservation: CartLine['reservation'];
}

function reserved(
  before: CartLine | undefined,
  sku: string,
  stocked: StockedProduct | undefined,
  { quantity, reserve }: LineWish,
  expiresAt: string,
  { nowMs, reservationMs, random }: LineTerms,
): Reserved {
  const held = before?.reservation ?? null;
  const has = held?.allocations ?? [];
  if (!(reserve ?? held !== null)) return { reservation: null, taken: [], given: has };
  const missing = quantity - pieces(has);
  if (held !== null && missing <= 0) {
    const { kept, given } = trimmed(has, -missing);
    return { reservation: { until: held.until, allocations: [...kept] }, taken: [], given };
  }
  const found = allocate({ sku, quantity: missing }, stocked?.shards ?? [], random);
  if (found.kind === 'short') throw outOfStock(sku, missing, found.available);
  // Never after the cart itself: nobody could check out with it.
  const until = held?.until ?? isoTime(Math.min(nowMs + reservationMs, Date.parse(expiresAt)));
  return { reservation: { until, allocations: joined(has, found.allocations) }, taken: found.allocations, given: [] };
}

/** The error when fewer pieces are available than are wanted. */
export function outOfStock(sku: string, wanted: number, available: number): HavenError {
  return new HavenError('OUT_OF_STOCK', `${wanted} of ${sku} are wanted, and ${available} available`, {
    details: { sku, wanted, available },
  });
}

function isSameLine(a: CartLine, b: CartLine): boolean {
  return (
    a.name === b.name &&
    a.quantity === b.quantity &&
    a.unit_price.amount === b.unit_price.amount &&
    a.unit_price.currency === b.unit_price.currency &&
    a.offer === b.offer &&
    a.stock_rows === b.stock_rows &&
    a.reservation?.until === b.reservation?.until &&
    pieces(a.reservation?.allocations ?? []) === pieces(b.reservation?.allocations ?? [])
  );
}
