import * as z from 'zod';
import type { ErrorCode } from '#shared/platform/errors/catalogue.ts';
import { type ExactJson, InexactJson, JsonNumber, parseExactJson } from '#shared/platform/exact-json.ts';
import { fieldError, parsePart } from '#shared/platform/http/validation.ts';
import type { ProcessorConfig, ProcessorCurrency } from './processor-config.ts';
import { PROCESSOR_ID } from './processor-id.ts';

/** What a processor tells, once its signature was found good. */
export interface Told {
  /**
   * `confirmed`: with as many confirmations as it says. `invoice_expired`: the processor waits for its money no longer, which
   * changes nothing of the order.
   */
  readonly event: 'detected' | 'confirmed' | 'failed' | 'invoice_expired';
  readonly invoiceId: string;
  /** The processor's own id of the payment. */
  readonly paymentId: string;
  /** Null: it was not told. */
  readonly transactionHash: string | null;
  readonly currency: ProcessorCurrency;
  /** In base units of the currency, above zero. */
  readonly amount: bigint;
  /** Null: the processor tells of a payment when it is final. */
  readonly confirmations: number | null;
  /** When it happened: milliseconds since the Unix epoch. Null: it was not told. */
  readonly toldAtMs: number | null;
}

const TEXT_ERROR = 'INVALID_PARAMETER: must be 1 to 100 letters, digits or . _ : / -';
const AMOUNT_ERROR =
  'INVALID_AMOUNT: must be a decimal above zero, as a number or a string, without sign or exponent, of at most 30 digits before and 18 after the point';
const COUNT_ERROR = 'INVALID_PARAMETER: must be a whole number from 0 to 999999999';

/** A number as its own text; all else as it is. */
const asText = (value: unknown): unknown => (value instanceof JsonNumber ? value.text : value);

/** An id of the processor's: a text, or a whole number. */
export const idField = z.preprocess(asText, z.string({ error: TEXT_ERROR }).regex(PROCESSOR_ID, { error: TEXT_ERROR }));

/** An amount, exactly as it was written. */
export const decimalField = z.preprocess(
  asText,
  z.string({ error: AMOUNT_ERROR }).regex(/^(?=.*[1-9])(0|[1-9]\d{0,29})(\.\d{1,18})?$/, { error: AMOUNT_ERROR }),
);

/** A count. */
export const countField = z.preprocess(
  asText,
  z
    .string({ error: COUNT_ERROR })
    .regex(/^(0|[1-9]\d{0,8})$/, { error: COUNT_ERROR })
    .transform(Number),
);

/**
 * Reads the body of a webhook.
 *
 * @param text of what was signed, and of nothing else
 * @throws INVALID_PARAMETER, or the code that the schema names; each with the fields at fault
 */
export function readBody<S extends z.ZodType>(bytes: Uint8Array, schema: S): z.output<S> {
  let body: ExactJson;
  try {
    body = parseExactJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof InexactJson ? error.message : 'is not valid UTF-8';
    throw fieldError('INVALID_PARAMETER', 'body', why);
  }
  return parsePart(schema, 'body', body);
}

/**
 * The currency that a processor names.
 *
 * @param field where it stands in the body
 * @throws INVALID_PARAMETER when it is none of the processor's
 */
export function requireCurrency({ currencies }: ProcessorConfig, code: string, field: string): ProcessorCurrency {
  const found = currencies.find((one) => one.code === code);
  if (found === undefined) throw refused('INVALID_PARAMETER', field, 'is not a currency of this processor');
  return found;
}

/**
 * A decimal amount in base units: exact, or refused. Pure.
 *
 * @throws INVALID_AMOUNT for more digits after the point than the currency has
 */
export function toBaseUnits(amount: string, { asset, decimals }: ProcessorCurrency, field: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  if (fraction.length > decimals) {
    throw refused('INVALID_AMOUNT', field, `has more than the ${decimals} digits after the point that ${asset} has`);
  }
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}

function refused(code: ErrorCode, field: string, message: string) {
  return fieldError(code, field, message);
}
