import * as z from 'zod';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { ProcessorConfig } from './processor-config.ts';
import { countField, decimalField, idField, readBody, requireCurrency, type Told, toBaseUnits } from './told.ts';

const TYPE_ERROR = 'INVALID_PARAMETER: must be payment.detected, payment.confirmed or payment.failed';

const EVENTS = {
  'payment.detected': 'detected',
  'payment.confirmed': 'confirmed',
  'payment.failed': 'failed',
} as const satisfies Readonly<Record<string, Told['event']>>;

/** What a processor of the kind `standard-webhooks` sends: docs/processors.md. Fields that are not here are not read. */
const bodySchema = z.looseObject({
  type: z.enum(['payment.detected', 'payment.confirmed', 'payment.failed'], { error: TYPE_ERROR }),
  timestamp: z.iso.datetime({ offset: true, error: 'INVALID_PARAMETER: must be a time in ISO 8601' }),
  data: z.looseObject({
    invoice_id: idField,
    payment_id: idField,
    transaction_hash: idField.nullish(),
    amount: decimalField,
    currency: z.string({ error: 'INVALID_PARAMETER: must be a currency' }),
    confirmations: countField,
  }),
});

/** As far as its signature may be off: no event is from the future. */
const AHEAD_MS = 300_000;

/**
 * Reads a webhook of a processor of the kind `standard-webhooks`. Its confirmations count, because they are signed.
 *
 * @throws INVALID_PARAMETER, INVALID_AMOUNT
 */
export function readStandard(processor: ProcessorConfig, signed: Uint8Array, nowMs: number): Told {
  const { type, timestamp, data } = readBody(signed, bodySchema);
  const toldAtMs = Date.parse(timestamp);
  if (toldAtMs > nowMs + AHEAD_MS) throw fieldError('INVALID_PARAMETER', 'body.timestamp', 'is ahead of time');
  const currency = requireCurrency(processor, data.currency, 'body.data.currency');
  return {
    event: EVENTS[type],
    invoiceId: data.invoice_id,
    paymentId: data.payment_id,
    transactionHash: data.transaction_hash ?? null,
    currency,
    amount: toBaseUnits(data.amount, currency, 'body.data.amount'),
    confirmations: data.confirmations,
    toldAtMs,
  };
}
