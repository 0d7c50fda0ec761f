import * as z from 'zod';
import type { ProcessorConfig } from './processor-config.ts';
import { decimalField, idField, readBody, requireCurrency, type Told, toBaseUnits } from './told.ts';

/**
 * What KryptoExpress sends (field names as it writes them). Fields that are not here are not read: what it adds one day changes nothing. It tells no time and no
 * confirmations: `isPaid` says that a payment is final, or that its invoice has expired.
 */
const bodySchema = z.looseObject({
  id: idField,
  paymentType: z.literal('PAYMENT', { error: 'INVALID_PARAMETER: must be PAYMENT: deposits are of no order' }),
  cryptoAmount: decimalField,
  cryptoCurrency: z.string({ error: 'INVALID_PARAMETER: must be a currency' }),
  isPaid: z.boolean({ error: 'INVALID_PARAMETER: must be true or false' }),
  hash: idField.nullish(),
});

/**
 * Reads a webhook of KryptoExpress.
 *
 * @param signed the body without white space: see `requireSigned`
 * @throws INVALID_PARAMETER, INVALID_AMOUNT
 */
export function readKryptoExpress(processor: ProcessorConfig, signed: Uint8Array): Told {
  const { id, cryptoAmount, cryptoCurrency, isPaid, hash } = readBody(signed, bodySchema);
  const currency = requireCurrency(processor, cryptoCurrency, 'body.cryptoCurrency');
  return {
    event: isPaid ? 'confirmed' : 'invoice_expired',
    invoiceId: id,
    paymentId: id,
    transactionHash: hash ?? null,
    currency,
    amount: toBaseUnits(cryptoAmount, currency, 'body.cryptoAmount'),
    confirmations: null,
    toldAtMs: null,
  };
}
