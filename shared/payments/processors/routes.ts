import * as z from 'zod';
import { orderView } from '#shared/orders/view.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { PROCESSOR_ID } from './processor-id.ts';

const INVOICE_ERROR =
  'INVALID_PARAMETER: must be 1 to 100 letters, digits or . _ : / -, beginning with a letter or digit';

const ADDRESS_ERROR = 'INVALID_PARAMETER: must be 1 to 128 letters, digits or . _ : -';
const URI_ERROR =
  'INVALID_PARAMETER: must be a payment URI such as bitcoin:bc1q…?amount=0.01, of at most 500 characters';

const PAYMENT_URI = /^[A-Za-z][A-Za-z0-9+.-]{1,30}:[\x21-\x7e]+$/;
/** Schemes that a browser would run: storefronts make links of it. */
const RUNNABLE = /^(javascript|data|vbscript|file|blob):/i;
const MAX_URI_CHARS = 500;

/** Says which invoice of its processor is an order's. */
export const bindProcessorInvoiceRoute = defineRoute({
  method: 'POST',
  path: '/admin/orders/{id}/processor-invoice',
  summary: "Say which of the processor's invoices is an order's",
  description:
    'For orders that are paid through a processor: make the invoice with the processor, for the amount that is due, then bind it here, once. ' +
    "The processor's webhooks find the order by it. An invoice is one order's for ever (`DUPLICATE_REFERENCE`).",
  tag: 'orders',
  access: 'orders:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('ord') }),
  query: NOTHING,
  body: z.strictObject({
    invoice_id: z
      .string({ error: INVOICE_ERROR })
      .regex(PROCESSOR_ID, { error: INVOICE_ERROR })
      .meta({ examples: ['inv-4711'] })
      .describe("The processor's own id of the invoice; a number as its digits."),
    address: z
      .string({ error: ADDRESS_ERROR })
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, { error: ADDRESS_ERROR })
      .optional()
      .describe('Where the customer pays to; shown with the order.'),
    uri: z
      .string({ error: URI_ERROR })
      .max(MAX_URI_CHARS, { error: URI_ERROR })
      .regex(PAYMENT_URI, { error: URI_ERROR })
      .refine((uri) => !RUNNABLE.test(uri), { error: URI_ERROR })
      .optional()
      .describe('What a wallet reads from a QR code; shown with the order.'),
  }),
  status: 200,
  response: orderView,
  errors: [
    'ORDER_NOT_FOUND',
    'VERSION_MISMATCH',
    'INVALID_TRANSITION',
    'DUPLICATE_REFERENCE',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});

/** The most that a webhook of a processor may be long (domain.md, Payments). */
export const MAX_WEBHOOK_BYTES = 1_024;

/** Takes what a processor tells of payments. */
export const receivePaymentWebhookRoute = defineRoute({
  method: 'POST',
  path: '/webhooks/payments/{processor}',
  summary: 'Take what a payment processor tells',
  description:
    'For processors. The body is what the processor sends and signs, of at most 1,024 bytes; docs/processors.md has both kinds with examples. ' +
    'The signature is checked before anything of the body is read (`INVALID_SIGNATURE`). A delivery that was acted on already is answered ' +
    'with `already_known` and changes nothing, so that who did not get the answer may send again.',
  tag: 'orders',
  access: 'public',
  idempotent: false,
  rate: 'webhook',
  rawBody: { maxBytes: MAX_WEBHOOK_BYTES },
  params: z.strictObject({ processor: z.string().meta({ examples: ['kryptoexpress'] }) }),
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: z
    .object({ outcome: z.enum(['applied', 'already_known']).describe('What became of the delivery.') })
    .meta({ id: 'WebhookReceipt' }),
  errors: [
    'PROCESSOR_NOT_FOUND',
    'INVALID_SIGNATURE',
    'INVALID_AMOUNT',
    'ORDER_NOT_FOUND',
    'DUPLICATE_TRANSACTION',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});
