import * as z from 'zod';
import { paymentSchema } from '#shared/orders/order.ts';
import { cursorField, instantField, limitField, pageOf } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { accountedPaymentSchema } from './accounted-payment.ts';

/** The longest period of a request: a leap year. */
const MAX_PERIOD_MS = 366 * 24 * 60 * 60_000;

/** Lists payments for accounting. */
export const listPaymentsRoute = defineRoute({
  method: 'GET',
  path: '/admin/payments',
  summary: 'List payments of a period with rate and fiat value, the latest first',
  description:
    'By the time of the block. With status a page may have few payments, or none, and a cursor all the same: go on until next_cursor is ' +
    'null. `npm run payments:export` writes the same as CSV or JSON.',
  tag: 'orders',
  access: 'orders:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z
    .strictObject({
      from: instantField.describe('Included.'),
      to: instantField.describe('Not included; at most 366 days later.'),
      status: z
        .enum(paymentSchema.shape.status.options, {
          error: 'INVALID_PARAMETER: must be detected, confirmed or orphaned',
        })
        .optional(),
      limit: limitField,
      cursor: cursorField.optional(),
    })
    .refine(({ from, to }) => from <= to && Date.parse(to) - Date.parse(from) <= MAX_PERIOD_MS, {
      error: 'INVALID_PARAMETER: must be a period of at most 366 days',
      path: ['to'],
    }),
  body: NOTHING,
  status: 200,
  response: pageOf(accountedPaymentSchema),
  errors: [],
});
