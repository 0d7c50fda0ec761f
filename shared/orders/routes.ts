import * as z from 'zod';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { skuField } from '#shared/catalog/product.ts';
import {
  cursorField,
  emailField,
  instantField,
  limitField,
  pageOf,
  reasonField,
} from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { orderStatusSchema } from './order.ts';
import { orderView, paymentView } from './view.ts';

const params = z.strictObject({ id: idSchema('ord') });

const pageQuery = z.strictObject({ limit: limitField, cursor: cursorField.optional() });

const CHANGE_ERRORS = [
  'ORDER_NOT_FOUND',
  'VERSION_MISMATCH',
  'INVALID_TRANSITION',
  'WRITE_CONFLICT',
  'DATABASE_ERROR',
] as const;

/** What a customer does with an order: with its token, by the publishable key of the storefront. */
const CUSTOMER = {
  tag: 'orders',
  access: 'carts:write',
  tokenHeader: 'X-Order-Token',
  rate: 'public',
  params,
} as const;

/** What an operator changes of orders. */
const OPERATOR_CHANGE = {
  method: 'POST',
  tag: 'orders',
  access: 'orders:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params,
  query: NOTHING,
  status: 200,
  response: orderView,
} as const;

const WHO_READS = 'For who shows the token of the order; a key with the scope `orders:read` needs none.';

/** Shows an order, to its customer or to operators. */
export const getOrderRoute = defineRoute({
  ...CUSTOMER,
  orScope: 'orders:read',
  method: 'GET',
  path: '/orders/{id}',
  summary: 'Show an order',
  description: WHO_READS,
  idempotent: false,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: orderView,
  errors: ['ORDER_NOT_FOUND'],
});

/** Lists the payments of an order. */
export const listOrderPaymentsRoute = defineRoute({
  ...CUSTOMER,
  orScope: 'orders:read',
  method: 'GET',
  path: '/orders/{id}/payments',
  summary: 'List the payments of an order, by their ids',
  description: WHO_READS,
  idempotent: false,
  query: pageQuery,
  body: NOTHING,
  status: 200,
  response: pageOf(paymentView),
  errors: ['ORDER_NOT_FOUND'],
});

/** Has an order's chain read now. */
export const checkPaymentRoute = defineRoute({
  ...CUSTOMER,
  orScope: 'orders:read',
  method: 'POST',
  path: '/orders/{id}/check-payment',
  summary: 'Look for a payment of an order now',
  description: `${WHO_READS} Chains are read each minute without it; what is found shows in the order a moment later.`,
  idempotent: false,
  query: NOTHING,
  body: NOTHING,
  status: 202,
  response: orderView,
  errors: ['ORDER_NOT_FOUND'],
});

/** Gives an order up. */
export const cancelOwnOrderRoute = defineRoute({
  ...CUSTOMER,
  method: 'POST',
  path: '/orders/{id}/cancel',
  summary: 'Cancel an order that waits for its payment',
  description:
    'For who shows the token of the order. Its pieces can be sold again; what is paid all the same is kept in sight.',
  idempotent: true,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: orderView,
  errors: [...CHANGE_ERRORS],
});

/** Lists orders. */
export const listOrdersRoute = defineRoute({
  method: 'GET',
  path: '/orders',
  summary: 'List orders, newest first',
  tag: 'orders',
  access: 'orders:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({
    status: orderStatusSchema.optional(),
    sku: skuField
      .optional()
      .describe(
        'Only orders with a line of it. A page may then have few orders, or none, and a cursor with which the search goes on.',
      ),
    email: emailField
      .optional()
      .describe(
        'Only orders that were placed with it, in capitals or not: for a backend that knows whose it is. With `status` or `sku` a page may ' +
          'have few orders, too.',
      ),
    created_from: instantField.optional().describe('Included.'),
    created_to: instantField.optional().describe('Not included.'),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(orderView),
  errors: [],
});

/** Shows what became of an order, and who did it. */
export const getOrderHistoryRoute = defineRoute({
  method: 'GET',
  path: '/orders/{id}/history',
  summary: "Show an order's audit stream, oldest first",
  tag: 'orders',
  access: 'orders:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params,
  query: pageQuery,
  body: NOTHING,
  status: 200,
  response: pageOf(auditEntrySchema),
  errors: ['ORDER_NOT_FOUND'],
});

/** Says that an order was sent or handed over. */
export const fulfilOrderRoute = defineRoute({
  ...OPERATOR_CHANGE,
  path: '/admin/orders/{id}/fulfil',
  summary: 'Fulfil a paid order: its pieces are sold',
  description:
    'Refused (`INVALID_TRANSITION`) while its money has gone from the chain, or what came back has too few confirmations.',
  body: NOTHING,
  errors: [...CHANGE_ERRORS],
});

/** Says that an order has arrived. */
export const completeOrderRoute = defineRoute({
  ...OPERATOR_CHANGE,
  path: '/admin/orders/{id}/complete',
  summary: 'Complete a fulfilled order: its delivery was confirmed',
  body: NOTHING,
  errors: [...CHANGE_ERRORS],
});

/** Gives a customer's order up. */
export const cancelOrderRoute = defineRoute({
  ...OPERATOR_CHANGE,
  path: '/admin/orders/{id}/cancel',
  summary: 'Cancel an order that waits for its payment, or whose money has gone from the chain',
  description: 'Its pieces can be sold again; what is left of its money, or comes all the same, can be refunded.',
  body: z.strictObject({ reason: reasonField }),
  errors: [...CHANGE_ERRORS],
});

/** Accepts money that came too late. */
export const acceptLateOrderRoute = defineRoute({
  ...OPERATOR_CHANGE,
  path: '/admin/orders/{id}/accept-late',
  summary: 'Accept the money of an expired order',
  description:
    'Its pieces are reserved again, at the price that it was placed at, and it is paid. Without stock nothing changes (`OUT_OF_STOCK`).',
  body: z.strictObject({ reason: reasonField }),
  errors: [...CHANGE_ERRORS, 'OUT_OF_STOCK'],
});
