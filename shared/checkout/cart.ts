import * as z from 'zod';
import { moneySchema } from '#shared/catalog/product.ts';
import { allocationSchema } from '#shared/catalog/stock.ts';

/** domain.md, "Catalog, stock, carts". */
export const MAX_CART_LINES = 40;

/** A line of a cart: a product as it was when the line was last set. */
export const cartLineSchema = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.number().int().positive(),
  unit_price: moneySchema,
  /** The product's offer of that price. */
  offer: z.number().int(),
  /** How many shards the product's stock had: a checkout reads these without reading the product first. */
  stock_rows: z.number().int().positive(),
  /** Pieces that are kept for this line until then (ISO 8601, UTC); never renewed silently. Null: none are. */
  reservation: z.object({ until: z.string(), allocations: z.array(allocationSchema) }).nullable(),
});

/** A line of a cart. */
export type CartLine = z.output<typeof cartLineSchema>;

/** A cart as it is stored. Its token is known to who made it, and stored as a keyed hash. */
export const cartSchema = z.object({
  /** `crt_…` */
  id: z.string(),
  token_hash: z.string(),
  status: z.enum(['open', 'checked_out']),
  /** Of all its lines; null while it has none. ISO 4217. */
  currency: z.string().nullable(),
  lines: z.array(cartLineSchema).max(MAX_CART_LINES),
  /** HMAC over everything that a checkout goes by: whoever changes a row without the key is found out. */
  checksum: z.string(),
  /** ISO 8601, UTC. */
  created_at: z.string(),
  updated_at: z.string(),
  expires_at: z.string(),
  /** The order that it became. */
  order_id: z.string().nullable(),
  version: z.number().int(),
});

/** A cart as it is stored. */
export type Cart = z.output<typeof cartSchema>;
