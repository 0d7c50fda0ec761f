import * as z from 'zod';
import { cursorField, limitField, pageOf, positiveAmountField, referenceField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { newReferenceField } from '#shared/transactions/reference-field.ts';
import { speedSchema } from '#shared/transactions/transaction.ts';
import { redemptionStatusSchema, redemptionView } from './redemption.ts';

/** Redeems. */
export const redeemRoute = defineRoute({
  method: 'POST',
  path: '/token/redemptions',
  summary: "Redeem a user's tokens",
  description:
    "Burns them through the lane of the user's wallet. The redemption is `completed` when the burn is confirmed, and " +
    '`failed` when nothing was burned. The user must be verified.',
  tag: 'token',
  access: 'token:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    user_id: idSchema('usr'),
    amount: positiveAmountField.describe('Base units.'),
    reference: newReferenceField,
    speed: speedSchema.default('standard'),
  }),
  status: 202,
  response: redemptionView,
  errors: [
    'INVALID_AMOUNT',
    'USER_NOT_FOUND',
    'KYC_REQUIRED',
    'INSUFFICIENT_BALANCE',
    'DUPLICATE_REFERENCE',
    'DUPLICATE_TRANSACTION',
    'TOKEN_NOT_CONFIGURED',
    'WALLET_NOT_FOUND',
    'POLICY_VIOLATION',
    'WALLET_REVOKED',
    'WALLET_ROTATED',
    'RPC_CONNECTION',
    'CONTRACT_REVERT',
    'CONFIGURATION',
    'DATABASE_ERROR',
  ],
});

/** Lists redemptions. */
export const listRedemptionsRoute = defineRoute({
  method: 'GET',
  path: '/token/redemptions',
  summary: 'List redemptions, newest first',
  tag: 'token',
  access: 'token:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({
    user_id: idSchema('usr').optional(),
    status: redemptionStatusSchema.optional(),
    reference: referenceField.optional(),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(redemptionView),
  errors: [],
});

/** Shows one redemption. */
export const getRedemptionRoute = defineRoute({
  method: 'GET',
  path: '/token/redemptions/{id}',
  summary: 'Show a redemption',
  tag: 'token',
  access: 'token:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('red') }),
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: redemptionView,
  revalidates: true,
  errors: ['REDEMPTION_NOT_FOUND'],
});
