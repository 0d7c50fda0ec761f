import * as z from 'zod';
import { pageOf } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { reasonField, requestListQuery } from '../dual-control/fields.ts';
import { exportView } from './export.ts';
import { recipientKeyField } from './recipient-key.ts';

const params = z.strictObject({ id: idSchema('exp') });
const CHANGE_ERRORS = ['EXPORT_NOT_FOUND', 'INVALID_TRANSITION', 'WRITE_CONFLICT', 'DATABASE_ERROR'] as const;

/** Asks for the export of a key. */
export const requestExportRoute = defineRoute({
  method: 'POST',
  path: '/admin/wallets/{id}/exports',
  summary: "Ask for the export of a wallet's private key",
  description:
    'Another principal has to approve it within 24 hours; then you have 15 minutes to retrieve it, once. A wallet may be paused, rotated or revoked: its owner must be able to take the key. Keys that are in KMS can not be exported. Every step is on the wallet’s audit stream and a critical alert.',
  tag: 'custody',
  access: 'custody:export',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('wal') }),
  query: NOTHING,
  body: z.strictObject({ reason: reasonField, public_key: recipientKeyField }),
  status: 201,
  response: exportView,
  errors: ['WALLET_NOT_FOUND', 'POLICY_VIOLATION', 'KEY_NOT_AVAILABLE', 'DATABASE_ERROR'],
});

/** Lists exports. */
export const listExportsRoute = defineRoute({
  method: 'GET',
  path: '/admin/exports',
  summary: 'List exports, newest first',
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params: NOTHING,
  query: requestListQuery,
  body: NOTHING,
  status: 200,
  response: pageOf(exportView),
  errors: [],
});

/** Shows one export. */
export const getExportRoute = defineRoute({
  method: 'GET',
  path: '/admin/exports/{id}',
  summary: 'Show an export',
  description: 'Never the key: that is in the one answer to who retrieves it.',
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: exportView,
  errors: ['EXPORT_NOT_FOUND'],
});

/** Approves an export. */
export const approveExportRoute = defineRoute({
  method: 'POST',
  path: '/admin/exports/{id}/approve',
  summary: 'Approve an export',
  description:
    'By another principal than the one who asked (403 otherwise). Compare `thumbprint` with them by another way first. The requester then has 15 minutes.',
  tag: 'custody',
  access: 'custody:approve',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: exportView,
  errors: [...CHANGE_ERRORS, 'KEY_NOT_AVAILABLE', 'WALLET_NOT_FOUND'],
});

/** Rejects an export. */
export const rejectExportRoute = defineRoute({
  method: 'POST',
  path: '/admin/exports/{id}/reject',
  summary: 'Reject an export',
  description: 'By another principal than the one who asked; also after an approval, until it is retrieved.',
  tag: 'custody',
  access: 'custody:approve',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params,
  query: NOTHING,
  body: z.strictObject({ reason: reasonField }),
  status: 200,
  response: exportView,
  errors: CHANGE_ERRORS,
});

/** Cancels an export. */
export const cancelExportRoute = defineRoute({
  method: 'POST',
  path: '/admin/exports/{id}/cancel',
  summary: 'Cancel an export',
  description: 'By anyone with the scope, whoever asked: to stop is always safe.',
  tag: 'custody',
  access: 'custody:export',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params,
  query: NOTHING,
  body: z.strictObject({ reason: reasonField }),
  status: 200,
  response: exportView,
  errors: CHANGE_ERRORS,
});

/** Retrieves an exported key. */
export const retrieveExportRoute = defineRoute({
  method: 'POST',
  path: '/admin/exports/{id}/retrieve',
  summary: 'Retrieve an exported key, once',
  description:
    'By the requester only, within 15 minutes of the approval. The answer is a JWE (RFC 7516, compact, A256GCM) of JSON with `private_key`, 0x and 64 hex digits, beside `export_id`, `wallet_id`, `address`, `purpose` and `exported_at`. It is given once and kept nowhere: if it is lost on its way, ask for another export.',
  tag: 'custody',
  access: 'custody:export',
  idempotent: false,
  rate: 'sensitive',
  // Not each access: the key's use is on its wallet's stream, and a record that fails after it would lose the key.
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: z
    .object({
      id: z.string(),
      wallet_id: z.string(),
      address: z.string(),
      thumbprint: z.string().describe('Of the public key that opens it; `kid` of the JWE.'),
      jwe: z.string().describe('The sealed key.'),
    })
    .meta({ id: 'RetrievedExport' }),
  errors: [
    ...CHANGE_ERRORS,
    'WALLET_NOT_FOUND',
    'POLICY_VIOLATION',
    'KEY_NOT_AVAILABLE',
    'KEY_DECRYPTION_FAILED',
    'CIRCUIT_OPEN',
  ],
});
