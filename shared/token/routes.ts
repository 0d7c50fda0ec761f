import * as z from 'zod';
import { addressField, chainIdField, chainIdQuery, positiveAmountField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { newReferenceField } from '#shared/transactions/reference-field.ts';
import { speedSchema } from '#shared/transactions/transaction.ts';
import { transactionView } from '#shared/transactions/view.ts';

/** The token as the API shows it. */
export const tokenView = z
  .object({
    chain_id: z.number().int(),
    address: z.string(),
    minter_wallet_id: z.string(),
    name: z.string(),
    symbol: z.string(),
    decimals: z.number().int(),
    total_supply: z.string().describe('Base units.'),
    paused: z.boolean(),
    block_number: z.number().int().describe('The block at which all of this was read.'),
    version: z.number().int(),
  })
  .meta({ id: 'Token' });

/** Names the token's contract and minter. */
export const configureTokenRoute = defineRoute({
  method: 'PUT',
  path: '/admin/token',
  summary: 'Name the HAVEN contract and the wallet that mints',
  description:
    'The contract is asked on chain before it is believed: it must be a HavenToken on which the wallet may mint.',
  tag: 'token',
  access: 'custody:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({ chain_id: chainIdField, address: addressField, minter_wallet_id: idSchema('wal') }),
  status: 200,
  response: tokenView,
  errors: ['INVALID_ADDRESS', 'WALLET_NOT_FOUND', 'VERSION_MISMATCH', 'RPC_CONNECTION', 'CONFIGURATION'],
});

/** Shows the token. */
export const getTokenRoute = defineRoute({
  method: 'GET',
  path: '/token',
  summary: 'Show the token',
  tag: 'token',
  access: 'token:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: tokenView,
  errors: ['TOKEN_NOT_CONFIGURED', 'RPC_CONNECTION', 'CONTRACT_REVERT', 'CONFIGURATION'],
});

const WRITE_ERRORS = [
  'INVALID_ADDRESS',
  'INVALID_AMOUNT',
  'TOKEN_NOT_CONFIGURED',
  'WALLET_NOT_FOUND',
  'USER_NOT_FOUND',
  'POLICY_VIOLATION',
  'WALLET_REVOKED',
  'WALLET_ROTATED',
  'INSUFFICIENT_BALANCE',
  'DUPLICATE_REFERENCE',
  'DATABASE_ERROR',
  'RPC_CONNECTION',
] as const;

const ONE_RECIPIENT = 'INVALID_PARAMETER: must name one of to and user_id';

/** Who gets tokens: an address, or a user, whose wallet's address it then is. */
const recipientFields = {
  to: addressField.optional(),
  user_id: idSchema('usr').optional().describe('A user of Haven, in place of `to`.'),
};

const isOneRecipient = (body: { to?: string | undefined; user_id?: string | undefined }) =>
  (body.to === undefined) !== (body.user_id === undefined);

const movementFields = {
  amount: positiveAmountField.describe('Base units.'),
  speed: speedSchema.default('standard'),
  reference: newReferenceField.nullable().default(null),
};

/** Mints. */
export const mintRoute = defineRoute({
  method: 'POST',
  path: '/token/mint',
  summary: 'Mint tokens to an address or a user',
  tag: 'token',
  access: 'token:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z
    .strictObject({ ...recipientFields, ...movementFields })
    .refine(isOneRecipient, { error: ONE_RECIPIENT })
    .describe('Exactly one of `to` and `user_id`.'),
  status: 202,
  response: transactionView,
  errors: WRITE_ERRORS,
});

/** Transfers. */
export const transferRoute = defineRoute({
  method: 'POST',
  path: '/token/transfer',
  summary: 'Transfer tokens from a wallet',
  tag: 'token',
  access: 'token:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z
    .strictObject({ wallet_id: idSchema('wal'), ...recipientFields, ...movementFields })
    .refine(isOneRecipient, { error: ONE_RECIPIENT })
    .describe('Exactly one of `to` and `user_id`.'),
  status: 202,
  response: transactionView,
  errors: WRITE_ERRORS,
});

/** Burns. */
export const burnRoute = defineRoute({
  method: 'POST',
  path: '/token/burn',
  summary: 'Burn tokens of a wallet or a user',
  description: 'Burned by the holder itself, through its own lane. To pay out what a user holds, redeem it instead.',
  tag: 'token',
  access: 'token:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z
    .strictObject({ wallet_id: idSchema('wal').optional(), user_id: idSchema('usr').optional(), ...movementFields })
    .refine((body) => (body.wallet_id === undefined) !== (body.user_id === undefined), {
      error: 'INVALID_PARAMETER: must name one of wallet_id and user_id',
    })
    .describe('Exactly one of `wallet_id` and `user_id`: whose tokens.'),
  status: 202,
  response: transactionView,
  errors: WRITE_ERRORS,
});

/** What a user has of the token. */
export const userBalanceView = z
  .object({
    user_id: z.string(),
    wallet_id: z.string(),
    address: z.string(),
    chain_id: z.number().int(),
    asset: z.string(),
    token_address: z.string(),
    decimals: z.number().int(),
    amount: z.string().describe('Base units.'),
    block_number: z.number().int().describe('The block at which it was read.'),
  })
  .meta({ id: 'UserBalance' });

/** Shows what a user has of the token. */
export const getUserBalanceRoute = defineRoute({
  method: 'GET',
  path: '/token/balances/{user_id}',
  summary: "Show a user's balance of the token, as the chain has it",
  tag: 'token',
  access: 'token:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: z.strictObject({ user_id: idSchema('usr') }),
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: userBalanceView,
  errors: ['USER_NOT_FOUND', 'TOKEN_NOT_CONFIGURED', 'RPC_CONNECTION', 'CONTRACT_REVERT', 'CONFIGURATION'],
});

/** Shows what a wallet has. */
export const getBalancesRoute = defineRoute({
  method: 'GET',
  path: '/admin/wallets/{id}/balances',
  summary: "Show a wallet's balances on one chain",
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params: z.strictObject({ id: idSchema('wal') }),
  query: z.strictObject({ chain_id: chainIdQuery }),
  body: NOTHING,
  status: 200,
  response: z
    .object({
      wallet_id: z.string(),
      address: z.string(),
      chain_id: z.number().int(),
      balances: z.array(
        z.object({
          asset: z.string(),
          token_address: z.string().nullable(),
          decimals: z.number().int(),
          amount: z.string().describe('Base units.'),
          block_number: z.number().int(),
          reserved: z
            .string()
            .nullable()
            .describe(
              "What open transactions may still cost of it: value and fee of the dearest version of what is signed, which may be the original of one that is cancelled; value of what is queued, and its fee where the policy has a daily limit or requires a balance. Only of the chain's own coin.",
            ),
          reserved_is_partial: z
            .boolean()
            .describe('Whether more than 100 transactions are open, and not all counted.'),
        }),
      ),
    })
    .meta({ id: 'Balances' }),
  errors: ['WALLET_NOT_FOUND', 'RPC_CONNECTION', 'CONTRACT_REVERT', 'CONFIGURATION'],
});
