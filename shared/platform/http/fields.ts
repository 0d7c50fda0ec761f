import { getAddress } from 'ethers/address';
import * as z from 'zod';
import { holdsNoKey, NO_KEY } from '../secret-shape.ts';

/** Field schemas that several domains share. The word before the colon is the error code of a bad value. */

const ADDRESS_ERROR = 'INVALID_ADDRESS: must be 0x and 40 hex digits, in lower case or with a valid EIP-55 checksum';

/** An Ethereum address; comes out with its EIP-55 checksum (https://eips.ethereum.org/EIPS/eip-55). */
export const addressField = z
  .string({ error: ADDRESS_ERROR })
  .regex(/^0x[0-9a-fA-F]{40}$/, { error: ADDRESS_ERROR })
  .refine((text) => checksummed(text) !== undefined, { error: ADDRESS_ERROR })
  .overwrite((text) => checksummed(text) ?? text)
  .meta({ examples: ['0x70997970C51812dc3A010C7d01b50e0d17dc79C8'] });

function checksummed(text: string): string | undefined {
  try {
    return getAddress(text);
  } catch {
    return undefined;
  }
}

/** The largest uint256. */
const MAX_UINT256 = 2n ** 256n - 1n;

const AMOUNT_ERROR = 'INVALID_AMOUNT: must be a whole number of base units as a decimal string, below 2^256';

/** An amount in base units, zero allowed: a decimal string on the wire, checked to fit a uint256. */
export const amountField = z
  .string({ error: AMOUNT_ERROR })
  .regex(/^(0|[1-9]\d{0,77})$/, { error: AMOUNT_ERROR })
  .refine((text) => /^\d{1,78}$/.test(text) && BigInt(text) <= MAX_UINT256, { error: AMOUNT_ERROR })
  .meta({ examples: ['1000000000000000000'] });

const POSITIVE_AMOUNT_ERROR =
  'INVALID_AMOUNT: must be a whole number of base units above zero, as a decimal string, below 2^256';

/** An amount in base units above zero. */
export const positiveAmountField = z
  .string({ error: POSITIVE_AMOUNT_ERROR })
  .regex(/^[1-9]\d{0,77}$/, { error: POSITIVE_AMOUNT_ERROR })
  .refine((text) => /^\d{1,78}$/.test(text) && BigInt(text) <= MAX_UINT256, { error: POSITIVE_AMOUNT_ERROR })
  .meta({ examples: ['1000000000000000000'] });

/** The caller's own name for something: unique in the deployment. */
export const referenceField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/, {
    error: 'INVALID_PARAMETER: must be 1 to 100 letters, digits or . _ : / -, beginning with a letter or digit',
  })
  .meta({ examples: ['payout-2026-11-21-0001'] });

const REASON_ERROR = 'INVALID_PARAMETER: must say why, in 1 to 500 characters';

/** Why somebody does what is seldom done, for the audit entry. */
export const reasonField = z
  .string({ error: REASON_ERROR })
  .trim()
  .min(1, { error: REASON_ERROR })
  .max(500, { error: REASON_ERROR })
  .refine(holdsNoKey, NO_KEY);

const EMAIL_ERROR = 'INVALID_PARAMETER: must be an e-mail address of at most 254 characters';
/** RFC 5321, 4.5.3.1.3, less its angle brackets. */
const MAX_EMAIL_CHARS = 254;

/** A customer's e-mail address, as they wrote it. Personal data: in no log, audit entry, index, key or cursor. */
export const emailField = z
  .email({ error: EMAIL_ERROR })
  .max(MAX_EMAIL_CHARS, { error: EMAIL_ERROR })
  .meta({ examples: ['ada@example.com'] });

/** An instant. */
export const instantField = z.iso
  .datetime({ error: 'INVALID_PARAMETER: must be a time in ISO 8601 and UTC', abort: true })
  // One form for one instant, so that instants can be compared as texts.
  .overwrite((text) => new Date(text).toISOString())
  .meta({ examples: ['2026-11-21T18:30:00.000Z'] });

/**
 * A whole number in a query string: decimal digits only, where coercion would also take hex, exponents and spaces.
 *
 * @param what the rule in words, for the error
 */
function integerQuery(minimum: number, maximum: number, what: string) {
  const error = `INVALID_PARAMETER: ${what}`;
  return (
    z
      .union([z.number(), z.string().regex(/^[1-9]\d{0,15}$/, { error })], { error })
      // Documented as what it means rather than as what it is parsed from.
      .meta({
        override: ({ jsonSchema }) => {
          delete jsonSchema.anyOf;
          Object.assign(jsonSchema, { type: 'integer', minimum, maximum });
        },
      })
      .transform(Number)
      .pipe(z.number().int({ error }).min(minimum, { error }).max(maximum, { error }))
  );
}

const MAX_PAGE_ROWS = 100;
const DEFAULT_PAGE_ROWS = 25;

/** How many rows a list page has. */
export const limitField = integerQuery(1, MAX_PAGE_ROWS, `must be a whole number from 1 to ${MAX_PAGE_ROWS}`).default(
  DEFAULT_PAGE_ROWS,
);

/** Where a list goes on. */
export const cursorField = z.string().min(1).max(512).describe('`next_cursor` of the page before.');

/** A chain id in a query string. */
export const chainIdQuery = integerQuery(1, Number.MAX_SAFE_INTEGER, 'must be a chain id');

/** A chain id in a body. */
export const chainIdField = z
  .number({ error: 'INVALID_PARAMETER: must be a chain id' })
  .int({ error: 'INVALID_PARAMETER: must be a chain id' })
  .positive({ error: 'INVALID_PARAMETER: must be a chain id' })
  .meta({ examples: [31_337] });

/**
 * A page of a list.
 *
 * @param row the schema of one row
 */
export function pageOf<S extends z.ZodType>(row: S) {
  return z.object({ data: z.array(row), next_cursor: z.string().nullable() });
}
