import * as z from 'zod';
import { moneySchema } from '#shared/catalog/product.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { type Cart, type CartLine, cartSchema } from './cart.ts';
import { isHeld } from './cart-reservations.ts';

const lineView = z
  .object({
    sku: z.string().meta({ examples: ['TEE-M'] }),
    name: z.string(),
    quantity: z.number().int(),
    unit_price: moneySchema.describe('As it was when the line was last set.'),
    total: moneySchema,
    reserved_until: z.string().nullable().describe('Until when its pieces are kept for this cart. Null: they are not.'),
  })
  .meta({ id: 'CartLine' });

/** A cart as its holder sees it. */
export const cartView = z
  .object({
    id: idSchema('crt'),
    status: cartSchema.shape.status,
    lines: z.array(lineView),
    total: moneySchema.describe('Of its lines, at the prices that they were set with. A checkout asks prices anew.'),
    checksum: z.string().describe('Changes with everything that a checkout goes by.'),
    order_id: z.string().nullable().describe('The order that it became.'),
    created_at: z.string().describe('ISO 8601, UTC.'),
    updated_at: z.string().describe('ISO 8601, UTC.'),
    expires_at: z
      .string()
      .describe('A day after its last change, a week after it was made at the latest; ISO 8601, UTC.'),
    version: z.number().int().describe('Goes up with every change; also the ETag.'),
  })
  .meta({ id: 'Cart' });

/** A cart as its holder sees it. */
export type CartView = z.output<typeof cartView>;

/** A new cart, with its token. */
export const newCartView = cartView
  .extend({
    token: z
      .string()
      .nullable()
      .describe('Shown this once, and needed for everything that is done with the cart; null in a replayed answer.'),
  })
  .meta({ id: 'NewCart' });

/**
 * Shows a cart.
 *
 * @param emptyCurrency the currency in which the total of an empty cart is zero
 */
export function toCartView(cart: Cart, nowMs: number, emptyCurrency: string): CartView {
  const currency = cart.currency ?? emptyCurrency;
  const total = cart.lines.reduce((sum, line) => sum + totalOf(line), 0n);
  return {
    id: cart.id,
    status: cart.status,
    lines: cart.lines.map((line) => ({
      sku: line.sku,
      name: line.name,
      quantity: line.quantity,
      unit_price: line.unit_price,
      total: { amount: String(totalOf(line)), currency: line.unit_price.currency },
      reserved_until: isHeld(line, nowMs) ? (line.reservation?.until ?? null) : null,
    })),
    total: { amount: String(total), currency },
    checksum: cart.checksum,
    order_id: cart.order_id,
    created_at: cart.created_at,
    updated_at: cart.updated_at,
    expires_at: cart.expires_at,
    version: cart.version,
  };
}

/** What a line costs at the price that it was set with, in minor units. */
export function totalOf({ unit_price, quantity }: CartLine): bigint {
  return BigInt(unit_price.amount) * BigInt(quantity);
}
