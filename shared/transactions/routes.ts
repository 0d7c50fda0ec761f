import * as z from 'zod';
import {
  addressField,
  amountField,
  chainIdField,
  chainIdQuery,
  cursorField,
  instantField,
  limitField,
  pageOf,
  referenceField,
} from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { MAX_BATCH_INTENTS } from './batch/batch-record.ts';
import { newReferenceField } from './reference-field.ts';
import { speedSchema, transactionStatusSchema } from './transaction.ts';
import { transactionDetailView, transactionView } from './view.ts';

/** Ethereum's own limit on calldata is the block; this is what fits a 64 KB body with the rest. */
const MAX_DATA_HEX_CHARS = 60_000;

const dataField = z
  .string({ error: 'INVALID_PARAMETER: must be hex bytes with 0x' })
  .regex(/^0x([0-9a-fA-F]{2})*$/, { error: 'INVALID_PARAMETER: must be hex bytes with 0x' })
  .max(MAX_DATA_HEX_CHARS, { error: `INVALID_PARAMETER: must be at most ${MAX_DATA_HEX_CHARS} characters` })
  .default('0x');

/** What is to be sent. */
const intentBody = z.strictObject({
  wallet_id: idSchema('wal'),
  chain_id: chainIdField,
  to: addressField,
  value: amountField.default('0').describe('Wei.'),
  data: dataField,
  speed: speedSchema.default('standard'),
  reference: newReferenceField.nullable().default(null),
  valid_until: instantField.nullable().default(null),
  tell_events: z
    .boolean()
    .optional()
    .describe('Whether webhook endpoints are told what becomes of it. By default as the stage says.'),
});

/** What is to be sent, as a request says it. */
export type IntentBody = z.output<typeof intentBody>;

const ACCEPT_ERRORS = [
  'INVALID_ADDRESS',
  'INVALID_AMOUNT',
  'WALLET_NOT_FOUND',
  'POLICY_VIOLATION',
  'WALLET_REVOKED',
  'WALLET_ROTATED',
  'INSUFFICIENT_BALANCE',
  'DUPLICATE_REFERENCE',
  'DUPLICATE_TRANSACTION',
  'RPC_CONNECTION',
  'DATABASE_ERROR',
] as const;

/** Asks for a transaction. */
export const createTransactionRoute = defineRoute({
  method: 'POST',
  path: '/transactions',
  summary: 'Send a transaction',
  description:
    'Accepts a transaction of a wallet. Haven gives it the next nonce of its lane, signs, broadcasts and follows it until it is final.',
  tag: 'transactions',
  access: 'transactions:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: intentBody,
  status: 202,
  response: transactionView,
  errors: ACCEPT_ERRORS,
});

const BATCH_SIZE_ERROR = `INVALID_PARAMETER: must be 1 to ${MAX_BATCH_INTENTS} transactions`;

/** Asks for several transactions, all or none. */
export const createTransactionBatchRoute = defineRoute({
  method: 'POST',
  path: '/transactions/batch',
  summary: 'Send several transactions, all or none',
  description: `Accepts up to ${MAX_BATCH_INTENTS} transactions of any wallets and chains, all of them or none. Those of one lane are sent in the order in which they are given. Accepted means what it means for one: what becomes of each afterwards is its own. An error names the member at fault: \`body.transactions[3].to\`.`,
  tag: 'transactions',
  access: 'transactions:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    transactions: z
      .array(intentBody, { error: BATCH_SIZE_ERROR })
      .min(1, { error: BATCH_SIZE_ERROR })
      .max(MAX_BATCH_INTENTS, { error: BATCH_SIZE_ERROR }),
  }),
  status: 202,
  response: z
    .object({
      id: z.string().describe('Names the batch in audit entries and logs.'),
      transactions: z.array(transactionView).describe('In the order of the request.'),
    })
    .meta({ id: 'TransactionBatch' }),
  errors: ACCEPT_ERRORS,
});

/** Tries a transaction again. */
export const retryTransactionRoute = defineRoute({
  method: 'POST',
  path: '/admin/transactions/{id}/retry',
  summary: 'Carry out an ended transaction again, or wake the lane of an open one',
  description:
    'For a transaction that ended without its effect (failed, expired, cancelled, reverted): accepts a new one with the same wallet, chain, recipient, value and data, and links the two. Each transaction can be retried once; after that, retry its successor. The reference stays with the original; the new one has the one given here, or none. For an open transaction: wakes its lane, and changes nothing.',
  tag: 'transactions',
  access: 'transactions:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('tx') }),
  query: NOTHING,
  body: z.strictObject({
    speed: speedSchema.optional().describe('Unless given, that of the original.'),
    reference: newReferenceField.nullable().default(null),
    valid_until: instantField.nullable().default(null),
  }),
  status: 202,
  response: z
    .object({
      outcome: z
        .enum(['accepted', 'kicked'])
        .describe('`accepted`: a new transaction was accepted. `kicked`: it is still open, and its lane was woken.'),
      transaction: transactionView.describe('The new one if one was accepted, else the one that was named.'),
    })
    .meta({ id: 'TransactionRetry' }),
  errors: ['TRANSACTION_NOT_FOUND', 'INVALID_TRANSITION', ...ACCEPT_ERRORS],
});

/** Lists transactions. */
export const listTransactionsRoute = defineRoute({
  method: 'GET',
  path: '/transactions',
  summary: 'List transactions, newest first',
  tag: 'transactions',
  access: 'transactions:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({
    wallet_id: idSchema('wal').optional(),
    status: transactionStatusSchema.optional(),
    chain_id: chainIdQuery.optional(),
    reference: referenceField.optional(),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(transactionView),
  errors: [],
});

/** Shows one transaction. */
export const getTransactionRoute = defineRoute({
  method: 'GET',
  path: '/transactions/{id}',
  summary: 'Show a transaction with its attempts and history',
  tag: 'transactions',
  access: 'transactions:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('tx') }),
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: transactionDetailView,
  revalidates: true,
  errors: ['TRANSACTION_NOT_FOUND'],
});

/** Asks that a transaction is not executed. */
export const cancelTransactionRoute = defineRoute({
  method: 'POST',
  path: '/transactions/{id}/cancel',
  summary: 'Cancel a transaction',
  description:
    'A queued transaction is cancelled at once. A signed one is replaced by a no-op with its nonce, and either may be mined: `cancellation.outcome` says which won, as soon as it is final.',
  tag: 'transactions',
  access: 'transactions:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('tx') }),
  query: NOTHING,
  body: NOTHING,
  status: 202,
  response: transactionView,
  errors: ['TRANSACTION_NOT_FOUND', 'INVALID_TRANSITION', 'DATABASE_ERROR'],
});

/** Asks for another speed. */
export const accelerateTransactionRoute = defineRoute({
  method: 'POST',
  path: '/transactions/{id}/accelerate',
  summary: 'Give a transaction another speed',
  description:
    'A signed transaction is signed anew with its nonce and at least a tenth more of both fees, up to the cap of its chain; a queued one is signed at that speed.',
  tag: 'transactions',
  access: 'transactions:write',
  idempotent: true,
  rate: 'write',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('tx') }),
  query: NOTHING,
  body: z.strictObject({ speed: speedSchema.default('fastest') }),
  status: 202,
  response: transactionView,
  errors: ['TRANSACTION_NOT_FOUND', 'INVALID_TRANSITION', 'DATABASE_ERROR'],
});
