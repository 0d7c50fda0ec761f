import * as z from 'zod';
import { cursorField, limitField, pageOf, reasonField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { minorDigits } from '#shared/platform/money/currencies.ts';
import { holdsNoKey, NO_KEY } from '#shared/platform/secret-shape.ts';
import { adjustmentView } from './adjustment.ts';
import { CATALOG_STALENESS_SECONDS } from './freshness.ts';
import { MAX_QUANTITY, MAX_STOCK_SHARDS, priceAmountField, productView, skuField } from './product.ts';
import { MAX_ON_HAND } from './stock.ts';
import { lastStockReportView, stockReportView } from './stock-report.ts';

const CURRENCY_ERROR = 'INVALID_PARAMETER: must be a currency of ISO 4217, in upper case';

const currencyField = z
  .string({ error: CURRENCY_ERROR })
  .regex(/^[A-Z]{3}$/, { error: CURRENCY_ERROR })
  .refine((code) => minorDigits(code) !== undefined, { error: CURRENCY_ERROR })
  .meta({ examples: ['USD'] });

/** A whole number within bounds, with the bounds in its error. */
function wholeNumber(minimum: number, maximum: number) {
  const error = `INVALID_PARAMETER: must be a whole number from ${minimum} to ${maximum}`;
  return z.number({ error }).int({ error }).min(minimum, { error }).max(maximum, { error });
}

const NAME_ERROR = 'INVALID_PARAMETER: must be 1 to 200 characters, without line breaks and control characters';

/** Shown to customers as it is. Characters that turn the direction of text could make one name look like another. */
const nameField = z
  .string({ error: NAME_ERROR })
  .trim()
  .min(1, { error: NAME_ERROR })
  .max(200, { error: NAME_ERROR })
  .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u, { error: NAME_ERROR })
  .refine(holdsNoKey, NO_KEY)
  .meta({ examples: ['Tee, medium'] });

/** Orders wait at least as long as a transfer takes, and hold stock for a week at most. */
const MIN_INVOICE_MINUTES = 5;
const MAX_INVOICE_MINUTES = 10_080;

const fields = {
  name: nameField,
  price: z.strictObject({
    amount: priceAmountField
      .describe('In minor units of the currency: cents of USD, yen of JPY.')
      .meta({ examples: ['2500'] }),
    currency: currencyField,
  }),
  active: z.boolean({ error: 'INVALID_PARAMETER: must be true or false' }).describe('Whether it is on sale.'),
  max_per_order: wholeNumber(1, MAX_QUANTITY).describe('The most that one order may have.'),
  low_stock_at: wholeNumber(0, MAX_ON_HAND)
    .nullable()
    .describe('With so many available or fewer its stock is low, and operators are told. Null: never.'),
  invoice_minutes: wholeNumber(MIN_INVOICE_MINUTES, MAX_INVOICE_MINUTES)
    .nullable()
    .describe("Minutes in which an order with it is to be paid. Null: the stage's default."),
  stock_shards: wholeNumber(1, MAX_STOCK_SHARDS).describe(
    'Over so many rows its stock is spread: each takes a few hundred orders a second. More for what many buy at once.',
  ),
};

const params = z.strictObject({ sku: skuField });

const STALENESS =
  `Up to ${CATALOG_STALENESS_SECONDS} seconds old, and you may keep it for ${CATALOG_STALENESS_SECONDS} more; who has the scope ` +
  '`catalog:write` gets it as it is. Prices and stock are decided at checkout, which never goes by this.';

/** Creates a product. */
export const createProductRoute = defineRoute({
  method: 'POST',
  path: '/products',
  summary: 'Create a product with its stock',
  description:
    'A SKU is one product for ever: take a product off sale with `active`, and give another one a SKU of its own.',
  tag: 'catalog',
  access: 'catalog:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    sku: skuField,
    ...fields,
    stock: wholeNumber(0, MAX_ON_HAND).default(0).describe('Pieces on hand.'),
    active: fields.active.default(true),
    max_per_order: fields.max_per_order.default(MAX_QUANTITY),
    low_stock_at: fields.low_stock_at.default(null),
    invoice_minutes: fields.invoice_minutes.default(null),
    stock_shards: fields.stock_shards.default(1),
  }),
  status: 201,
  response: productView,
  errors: ['INVALID_AMOUNT', 'PRODUCT_ALREADY_EXISTS'],
});

/** Lists products. */
export const listProductsRoute = defineRoute({
  method: 'GET',
  path: '/products',
  summary: 'List products, newest first',
  description: STALENESS,
  tag: 'catalog',
  access: 'catalog:read',
  idempotent: false,
  rate: 'public',
  params: NOTHING,
  query: z.strictObject({
    active: z
      .enum(['true', 'false'], { error: 'INVALID_PARAMETER: must be true or false' })
      .optional()
      .describe('Only what is on sale, or only what is not.'),
    currency: currencyField.optional(),
    sku_prefix: skuField
      .optional()
      .describe(
        'How the SKU begins; case counts. A page may then have few products, or none, and a cursor with which the search goes on.',
      ),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(productView),
  cacheSeconds: CATALOG_STALENESS_SECONDS,
  errors: [],
});

/** Shows one product. */
export const getProductRoute = defineRoute({
  method: 'GET',
  path: '/products/{sku}',
  summary: 'Show a product',
  description: STALENESS,
  tag: 'catalog',
  access: 'catalog:read',
  idempotent: false,
  rate: 'public',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: productView,
  revalidates: true,
  cacheSeconds: CATALOG_STALENESS_SECONDS,
  errors: ['PRODUCT_NOT_FOUND'],
});

/** Changes a product. */
export const changeProductRoute = defineRoute({
  method: 'PATCH',
  path: '/products/{sku}',
  summary: 'Change a product',
  description:
    'Carts that hold an older price, or what is no longer on sale, are refused at checkout from then on. Stock is changed by adjustments ' +
    'only; another number of shards spreads what is available while buyers buy.',
  tag: 'catalog',
  access: 'catalog:write',
  idempotent: false,
  rate: 'write',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject(fields).partial(),
  status: 200,
  response: productView,
  errors: ['INVALID_AMOUNT', 'PRODUCT_NOT_FOUND', 'VERSION_MISMATCH'],
});

/** Shows the stock of a product. */
export const getStockRoute = defineRoute({
  method: 'GET',
  path: '/products/{sku}/stock',
  summary: 'Show the stock of a product as it is now',
  description:
    'On hand is what is available and what is reserved by open orders and carts. Summed up over shards while buyers buy: each of them is ' +
    'as it is, the sum may be of moments apart.',
  tag: 'catalog',
  access: 'catalog:read',
  idempotent: false,
  rate: 'public',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: z
    .object({
      sku: z.string(),
      on_hand: z.number().int(),
      available: z.number().int(),
      reserved: z.number().int(),
      sold: z.number().int(),
      low_stock: z.boolean().describe('Whether no more are available than `low_stock_at` of the product.'),
    })
    .meta({ id: 'Stock' }),
  errors: ['PRODUCT_NOT_FOUND'],
});

const QUANTITY_ERROR = `INVALID_PARAMETER: must be a whole number other than zero, from -${MAX_ON_HAND} to ${MAX_ON_HAND}`;

/** Adjusts the stock of a product. */
export const adjustStockRoute = defineRoute({
  method: 'POST',
  path: '/products/{sku}/stock-adjustments',
  summary: 'Add pieces to the stock of a product, or take some away',
  description:
    'Only what is available can be taken away, never what is reserved. It is on the audit stream of the product.',
  tag: 'catalog',
  access: 'catalog:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({
    quantity: z
      .number({ error: QUANTITY_ERROR })
      .int({ error: QUANTITY_ERROR })
      .min(-MAX_ON_HAND, { error: QUANTITY_ERROR })
      .max(MAX_ON_HAND, { error: QUANTITY_ERROR })
      .refine((quantity) => quantity !== 0, { error: QUANTITY_ERROR })
      .describe('Pieces; below zero: so many leave.')
      .meta({ examples: [10] }),
    reason: reasonField,
  }),
  status: 201,
  response: adjustmentView,
  errors: ['PRODUCT_NOT_FOUND', 'OUT_OF_STOCK'],
});

/** Recomputes stock. */
export const reconcileStockRoute = defineRoute({
  method: 'POST',
  path: '/admin/stock/reconcile',
  summary: 'Recompute what is reserved from orders and carts, and repair it when told',
  description:
    'Compares what shards have counted as reserved with what open orders and carts hold, as a schedule does each hour. What buyers move ' +
    'meanwhile is looked at again, and then named as moving, not as drift. A repair is on the audit stream of the product, with an alert. ' +
    'Needs no Idempotency-Key: what was repaired is no drift any more.',
  tag: 'catalog',
  access: 'catalog:write',
  idempotent: false,
  rate: 'sensitive',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    repair: z.boolean({ error: 'INVALID_PARAMETER: must be true or false' }).default(false),
    sku: skuField.optional().describe('Only the stock of this product.'),
  }),
  status: 200,
  response: stockReportView,
  errors: ['PRODUCT_NOT_FOUND'],
});

/** Shows the last report on all stock. */
export const getStockReportRoute = defineRoute({
  method: 'GET',
  path: '/admin/stock/report',
  summary: 'Show what the last look over all stock found',
  description:
    'A schedule looks each hour, and whoever asks to recompute stock without naming a product. How it was then: nothing is counted anew.',
  tag: 'catalog',
  access: 'catalog:write',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: lastStockReportView,
  errors: ['STOCK_REPORT_NOT_FOUND'],
});
