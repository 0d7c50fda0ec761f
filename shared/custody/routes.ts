import * as z from 'zod';
import {
  addressField,
  chainIdQuery,
  cursorField,
  instantField,
  limitField,
  pageOf,
} from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { holdsSecret, looksSecret } from './label-text.ts';
import { sweepView } from './lifecycle/sweep.ts';
import { RESERVED_TAG_ERROR, reservedTagIn, withoutReserved } from './reserved-tags.ts';
import { custodySchema, purposeSchema, tagsSchema, walletSchema, walletStatusSchema } from './wallet.ts';

/** A wallet as the API shows it. */
export const walletView = walletSchema.meta({ id: 'Wallet' });

/** A wallet as it is shown by itself. */
const walletDetailView = walletSchema
  .extend({
    sweep: sweepView
      .optional()
      .describe('How far what a rotated wallet had is brought to its successor. Absent: it was never swept.'),
  })
  .meta({ id: 'WalletDetail' });

const MAX_TAGS = 10;

const LABEL_ERROR = 'INVALID_PARAMETER: must be 1 to 100 characters';
/** Names no value: the error goes into logs. */
const SECRET_ERROR = 'INVALID_PARAMETER: looks like a key, which labels and tags are no place for';

const labelField = z
  .string({ error: LABEL_ERROR })
  // Aborts: what is longer is not searched for secrets.
  .min(1, { error: LABEL_ERROR, abort: true })
  .max(100, { error: LABEL_ERROR, abort: true })
  .refine((label) => !looksSecret(label), { error: SECRET_ERROR });

const tagsField = tagsSchema
  .refine((tags) => Object.keys(withoutReserved(tags)).length <= MAX_TAGS, {
    error: `INVALID_PARAMETER: must be at most ${MAX_TAGS} tags`,
    abort: true,
  })
  .refine((tags) => !holdsSecret(tags), { error: SECRET_ERROR });

/** Of a wallet that is yet to be made: Haven gives its own tags itself. */
const newTagsField = tagsField.superRefine((tags, context) => {
  const reserved = reservedTagIn(tags);
  if (reserved !== undefined) context.addIssue({ code: 'custom', path: [reserved], message: RESERVED_TAG_ERROR });
});

const tagQuery = z
  .string()
  .regex(/^[^:]{1,32}:.{1,64}$/, { error: 'INVALID_PARAMETER: must be key:value' })
  .describe('One tag, as key:value.');

/** Creates a wallet. */
export const createWalletRoute = defineRoute({
  method: 'POST',
  path: '/admin/wallets',
  summary: 'Create a wallet',
  description:
    'Makes a key, and answers with its address. `envelope` (the default): encrypted under KMS, bound to the new wallet. `kms`: made in KMS, which it never leaves; each such wallet is a KMS key that AWS charges for by the month.',
  tag: 'custody',
  access: 'custody:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    purpose: purposeSchema,
    custody: custodySchema.default('envelope'),
    label: labelField.nullable().default(null),
    tags: newTagsField.default({}).describe('Without `user_id`, which Haven gives to wallets of users.'),
  }),
  status: 201,
  response: walletView,
  errors: ['WALLET_ALREADY_EXISTS', 'CIRCUIT_OPEN', 'CONFIGURATION', 'DATABASE_ERROR'],
});

/** Changes what people say about a wallet. */
export const changeWalletRoute = defineRoute({
  method: 'PATCH',
  path: '/admin/wallets/{id}',
  summary: "Change a wallet's label or tags",
  description:
    "What is left out stays; `tags` replaces all but `user_id` of a user's wallet, which Haven relies on: it stays, and another value is refused. Send If-Match with tags that were read before. The audit keeps what was for ever: labels and tags are no place for personal data.",
  tag: 'custody',
  access: 'custody:write',
  idempotent: false,
  rate: 'write',
  audited: 'access',
  params: z.strictObject({ id: idSchema('wal') }),
  query: NOTHING,
  body: z.strictObject({ label: labelField.nullable().optional(), tags: tagsField.optional() }),
  status: 200,
  response: walletView,
  errors: ['WALLET_NOT_FOUND', 'VERSION_MISMATCH', 'WRITE_CONFLICT', 'DATABASE_ERROR'],
});

/** Lists wallets. */
export const listWalletsRoute = defineRoute({
  method: 'GET',
  path: '/admin/wallets',
  summary: 'List wallets, newest first',
  description:
    'Filters hold together. A page may have fewer wallets than asked for and yet not be the last: go on until next_cursor is null.',
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params: NOTHING,
  query: z.strictObject({
    status: walletStatusSchema.optional(),
    purpose: purposeSchema.optional(),
    address: addressField.optional(),
    tag: tagQuery.optional(),
    chain_id: chainIdQuery
      .optional()
      .describe(
        'Wallets of which a transaction was worked on on this chain: not those that only may send there, or only received.',
      ),
    created_from: instantField.optional().describe('Wallets created at this instant and later.'),
    created_to: instantField.optional().describe('Wallets created before this instant.'),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  body: NOTHING,
  status: 200,
  response: pageOf(walletView),
  errors: ['INVALID_ADDRESS'],
});

/** Shows one wallet. */
export const getWalletRoute = defineRoute({
  method: 'GET',
  path: '/admin/wallets/{id}',
  summary: 'Show a wallet',
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params: z.strictObject({ id: idSchema('wal') }),
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: walletDetailView,
  errors: ['WALLET_NOT_FOUND'],
});
