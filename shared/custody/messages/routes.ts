import * as z from 'zod';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { typedDataField } from './typed-data-field.ts';

/** Longer ones are documents; sign their hash by typed data that says what it is. */
const MAX_MESSAGE_CHARS = 16_384;

const signedView = z
  .object({
    wallet_id: z.string(),
    address: z.string(),
    digest: z.string().describe('What was signed: 32 bytes, hex.'),
    signature: z
      .string()
      .nullable()
      .describe('65 bytes, hex: r, s, v. Null only in a repeated answer whose wallet may no longer sign.'),
  })
  .meta({ id: 'SignedMessage' });

const common = {
  method: 'POST',
  tag: 'signing',
  access: 'wallets:sign',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('wal') }),
  query: NOTHING,
  status: 200,
  response: signedView,
  errors: [
    'INVALID_ADDRESS',
    'WALLET_NOT_FOUND',
    'POLICY_VIOLATION',
    'WALLET_REVOKED',
    'WALLET_ROTATED',
    'KEY_DECRYPTION_FAILED',
    'CIRCUIT_OPEN',
    'DATABASE_ERROR',
  ],
} as const;

/** Signs a message. */
export const signMessageRoute = defineRoute({
  ...common,
  path: '/wallets/{id}/sign-message',
  summary: 'Sign a message (EIP-191)',
  description:
    "Signs as `personal_sign` does. Off unless the stage and the wallet's policy have it on. Never signed: what decodes as a transaction, 32 bytes (a hash), and what begins with 0x19; a text that is nothing but hex counts as the bytes that it spells.",
  body: z
    .strictObject({
      message: z
        .string()
        .max(MAX_MESSAGE_CHARS, { error: `INVALID_PARAMETER: must be at most ${MAX_MESSAGE_CHARS} characters` }),
      encoding: z
        .enum(['utf8', 'hex'], { error: 'INVALID_PARAMETER: must be utf8 or hex' })
        .default('utf8')
        .describe('`utf8`: the message is a text. `hex`: it is bytes, written as 0x and hex digits.'),
    })
    .refine(({ message, encoding }) => encoding !== 'hex' || /^0x(?:[0-9a-fA-F]{2})*$/.test(message), {
      path: ['message'],
      error: 'INVALID_PARAMETER: must be hex bytes with 0x',
    })
    .refine(({ message, encoding }) => encoding !== 'utf8' || message.isWellFormed(), {
      path: ['message'],
      error: 'INVALID_PARAMETER: must be well-formed Unicode',
    }),
});

/** Signs typed data. */
export const signTypedDataRoute = defineRoute({
  ...common,
  path: '/wallets/{id}/sign-typed-data',
  summary: 'Sign typed data (EIP-712)',
  description:
    "Takes typed data as `eth_signTypedData_v4` does, of a configured chain. Off unless the stage and the wallet's policy have it on. What may grant a right to spend (permits, orders, vouchers, meta-transactions, messages of smart accounts), and whatever has a nonce or an expiry and a contract that could act on it, is refused unless the wallet's policy lists it by chain, contract and primary type; with such a list, nothing else is signed.",
  body: z.strictObject({ typed_data: typedDataField }),
});
