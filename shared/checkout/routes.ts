import * as z from 'zod';
import { MAX_QUANTITY, skuField } from '#shared/catalog/product.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { cartView, newCartView } from './cart-view.ts';

const QUANTITY_ERROR = `INVALID_PARAMETER: must be a whole number from 1 to ${MAX_QUANTITY}`;

const quantityField = z
  .number({ error: QUANTITY_ERROR })
  .int({ error: QUANTITY_ERROR })
  .min(1, { error: QUANTITY_ERROR })
  .max(MAX_QUANTITY, { error: QUANTITY_ERROR })
  .meta({ examples: [2] });

const cartParams = z.strictObject({ id: idSchema('crt') });
const lineParams = z.strictObject({ id: idSchema('crt'), sku: skuField });

/**
 * What all routes of carts have in common. Their rate class is `public`, which counts by address only: one publishable key
 * is in every browser, and its holders are told apart by nothing else.
 */
const CARTS = {
  tag: 'carts',
  access: 'carts:write',
  rate: 'public',
  query: NOTHING,
} as const;

/** Creates a cart. */
export const createCartRoute = defineRoute({
  ...CARTS,
  method: 'POST',
  path: '/carts',
  summary: 'Create a cart',
  description:
    'Whoever has its token may work with the cart, and nobody else. It is shown once. A cart ends a day after its last change, and a week after it was made at the latest.',
  idempotent: true,
  params: NOTHING,
  body: NOTHING,
  status: 201,
  response: newCartView,
  errors: ['DATABASE_ERROR'],
});

/** Shows a cart. */
export const getCartRoute = defineRoute({
  ...CARTS,
  method: 'GET',
  path: '/carts/{id}',
  summary: 'Show a cart',
  idempotent: false,
  tokenHeader: 'X-Cart-Token',
  params: cartParams,
  body: NOTHING,
  status: 200,
  response: cartView,
  errors: ['CART_NOT_FOUND', 'CART_EXPIRED', 'CART_TAMPERED', 'DATABASE_ERROR'],
});

/** Sets a line of a cart. */
export const setCartLineRoute = defineRoute({
  ...CARTS,
  method: 'PUT',
  path: '/carts/{id}/lines/{sku}',
  summary: 'Set a line of a cart',
  description:
    'The line is then of this quantity, at the price that the product has now. With `reserve` its pieces are kept for the cart for some minutes; ' +
    'the time is never prolonged, neither by another change nor by setting the line again. A cart has at most 40 lines, all in one currency; 10 lines and 50 pieces of it can be reserved.',
  idempotent: false,
  tokenHeader: 'X-Cart-Token',
  params: lineParams,
  body: z.strictObject({
    quantity: quantityField,
    reserve: z
      .boolean()
      .optional()
      .describe('Whether its pieces are to be kept for this cart. Left out: as it is now, reserved or not.'),
  }),
  status: 200,
  response: cartView,
  errors: [
    'CART_NOT_FOUND',
    'CART_EXPIRED',
    'CART_TAMPERED',
    'INVALID_TRANSITION',
    'PRODUCT_NOT_FOUND',
    'OUT_OF_STOCK',
    'VERSION_MISMATCH',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});

/** Takes a line out of a cart. */
export const deleteCartLineRoute = defineRoute({
  ...CARTS,
  method: 'DELETE',
  path: '/carts/{id}/lines/{sku}',
  summary: 'Take a line out of a cart',
  description: 'A line that is not there changes nothing.',
  idempotent: false,
  tokenHeader: 'X-Cart-Token',
  params: lineParams,
  body: NOTHING,
  status: 200,
  response: cartView,
  errors: [
    'CART_NOT_FOUND',
    'CART_EXPIRED',
    'CART_TAMPERED',
    'INVALID_TRANSITION',
    'VERSION_MISMATCH',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});
