import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';

const SKU_ERROR =
  'INVALID_PARAMETER: must be 1 to 64 letters, digits or . _ -, beginning with a letter or digit (ASCII only)';

/**
 * A stock keeping unit. ASCII only: two texts that look the same are the same, in a key of the database as in a path of the API.
 * Case counts.
 */
export const skuField = z
  .string({ error: SKU_ERROR })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: SKU_ERROR })
  .meta({ examples: ['TEE-M'] });

/** The most of one SKU that an order can have, whatever a product says. */
export const MAX_QUANTITY = 10_000;

/**
 * The largest price, in minor units: a decimal string of at most 15 digits. With 40 lines of 10,000 each, a total has at most 21
 * digits; it is a bigint and a decimal string throughout.
 */
const MINOR_AMOUNT = /^(0|[1-9]\d{0,14})$/;

const PRICE_ERROR =
  'INVALID_AMOUNT: must be a whole number of minor units above zero, as a decimal string of at most 15 digits';

/** An amount of fiat money: minor units as a decimal string, and its ISO 4217 code. */
export const moneySchema = z.object({
  amount: z
    .string()
    .describe('In minor units of the currency: cents of USD.')
    .meta({ examples: ['2500'] }),
  currency: z
    .string()
    .describe('ISO 4217.')
    .meta({ examples: ['USD'] }),
});

/** An amount of fiat money. */
export type Money = z.output<typeof moneySchema>;

/** The amount of a price as a request gives it. */
export const priceAmountField = z
  .string({ error: PRICE_ERROR })
  .regex(MINOR_AMOUNT, { error: PRICE_ERROR })
  .refine((text) => text !== '0', { error: PRICE_ERROR });

/** The most shards that a SKU can have: 16 reads, and with its product's row and entry 18 writes when an offer changes. */
export const MAX_STOCK_SHARDS = 16;

/** A product: what is for sale, at what price, and how its stock is laid out. */
export const productSchema = auditHeadSchema.extend({
  /** `prd_…`; sortable by time. */
  id: z.string().meta({ examples: ['prd_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  sku: z.string().meta({ examples: ['TEE-M'] }),
  name: z.string(),
  price: moneySchema,
  active: z.boolean().describe('Whether it is on sale.'),
  max_per_order: z.number().int().describe('The most that one order may have.'),
  low_stock_at: z.number().int().nullable().describe('With so many available or fewer its stock is low. Null: never.'),
  invoice_minutes: z
    .number()
    .int()
    .nullable()
    .describe(
      "Minutes in which an order with it is to be paid; the shortest of an order's lines counts. Null: the stage's default.",
    ),
  /** Goes up with price, activity and limits; every shard has the same. */
  offer: z.number().int(),
  /** Shards over which stock is spread. */
  stock_shards: z.number().int(),
  /** Shards that there ever were: rows `STOCK#<sku>#0` up to one less. */
  stock_rows: z.number().int(),
  created_at: z.string().describe('ISO 8601, UTC.'),
  updated_at: z.string().describe('ISO 8601, UTC.'),
  version: z.number().int().describe('Goes up with every change; also the ETag.'),
});

/** A product. */
export type Product = z.output<typeof productSchema>;

/** A product as the API shows it. What only checkouts and stock need stays inside. */
export const productView = productSchema
  .omit({ audit_seq: true, audit_hash: true, offer: true, stock_rows: true })
  .extend({ stock_shards: productSchema.shape.stock_shards.describe('Shards over which its stock is spread.') })
  .meta({ id: 'Product' });

/** A product as the API shows it. */
export type ProductView = z.output<typeof productView>;

/** Shows a product: declared fields only. */
export function toProductView(product: Product): ProductView {
  return productView.parse(product);
}
