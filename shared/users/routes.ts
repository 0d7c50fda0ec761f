import * as z from 'zod';
import {
  chainIdQuery,
  cursorField,
  emailField,
  limitField,
  pageOf,
  referenceField,
} from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { transactionStatusSchema } from '#shared/transactions/transaction.ts';
import { transactionView } from '#shared/transactions/view.ts';
import { kycStatusSchema, userView } from './user.ts';

/** The same form as a reference, and like it no place for personal data: it is in logs and audit entries. */
const externalIdField = referenceField
  .meta({ examples: ['customer-4711'] })
  .describe('Your own id of this user. It is in audit entries, so it should not be personal data.');

const params = z.strictObject({ id: idSchema('usr') });

/** Creates a user. */
export const createUserRoute = defineRoute({
  method: 'POST',
  path: '/users',
  summary: 'Create a user with a custodial wallet',
  tag: 'users',
  access: 'users:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({ external_id: externalIdField, email: emailField.nullable().default(null) }),
  status: 201,
  response: userView,
  errors: ['USER_ALREADY_EXISTS', 'WALLET_ALREADY_EXISTS', 'DATABASE_ERROR'],
});

/** Lists users. */
export const listUsersRoute = defineRoute({
  method: 'GET',
  path: '/users',
  summary: 'List users, newest first',
  tag: 'users',
  access: 'users:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({
    external_id: externalIdField.optional(),
    kyc_status: kycStatusSchema.optional(),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(userView),
  errors: [],
});

/** Shows one user. */
export const getUserRoute = defineRoute({
  method: 'GET',
  path: '/users/{id}',
  summary: 'Show a user',
  tag: 'users',
  access: 'users:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: userView,
  revalidates: true,
  errors: ['USER_NOT_FOUND'],
});

/** Changes a user. */
export const changeUserRoute = defineRoute({
  method: 'PATCH',
  path: '/users/{id}',
  summary: "Change a user's e-mail address or KYC status",
  description:
    'A KYC status goes from `none` to any other, from `pending` to `verified` or `rejected`, from `verified` to `pending` or ' +
    '`rejected`, from `rejected` to `pending`.',
  tag: 'users',
  access: 'users:write',
  idempotent: false,
  rate: 'write',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({ email: emailField.nullable().optional(), kyc_status: kycStatusSchema.optional() }),
  status: 200,
  response: userView,
  errors: ['USER_NOT_FOUND', 'VERSION_MISMATCH', 'INVALID_TRANSITION', 'WRITE_CONFLICT', 'DATABASE_ERROR'],
});

/** Lists the transactions of a user's wallet. */
export const listUserTransactionsRoute = defineRoute({
  method: 'GET',
  path: '/users/{id}/transactions',
  summary: "List the transactions of a user's wallet, newest first",
  tag: 'users',
  access: 'transactions:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params,
  query: z.strictObject({
    status: transactionStatusSchema.optional(),
    chain_id: chainIdQuery.optional(),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(transactionView),
  errors: ['USER_NOT_FOUND'],
});
