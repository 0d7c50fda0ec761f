import * as z from 'zod';
import { pageOf } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { reasonField, requestListQuery } from '../dual-control/fields.ts';
import { destructionView } from './destruction.ts';

const params = z.strictObject({ id: idSchema('dst') });
const reasonBody = z.strictObject({ reason: reasonField });
const CHANGE_ERRORS = ['DESTRUCTION_NOT_FOUND', 'INVALID_TRANSITION', 'WRITE_CONFLICT', 'DATABASE_ERROR'] as const;

/** Asks for the destruction of a key. */
export const requestDestructionRoute = defineRoute({
  method: 'POST',
  path: '/admin/wallets/{id}/destruction',
  summary: "Ask for the destruction of a revoked wallet's key",
  description:
    'Another principal has to approve it within 24 hours. It happens when the stage’s `key_retention_days` since the revocation have passed, and can be cancelled until then. There is no way back: what is at the address then stays there.',
  tag: 'custody',
  access: 'custody:destroy',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('wal') }),
  query: NOTHING,
  body: reasonBody,
  status: 201,
  response: destructionView,
  errors: ['WALLET_NOT_FOUND', 'INVALID_TRANSITION', 'KEY_NOT_AVAILABLE', 'DATABASE_ERROR'],
});

/** Lists destructions. */
export const listDestructionsRoute = defineRoute({
  method: 'GET',
  path: '/admin/destructions',
  summary: 'List destructions of keys, newest first',
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params: NOTHING,
  query: requestListQuery,
  body: NOTHING,
  status: 200,
  response: pageOf(destructionView),
  errors: [],
});

/** Shows one destruction. */
export const getDestructionRoute = defineRoute({
  method: 'GET',
  path: '/admin/destructions/{id}',
  summary: 'Show the destruction of a key',
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: destructionView,
  errors: ['DESTRUCTION_NOT_FOUND'],
});

/** Approves a destruction. */
export const approveDestructionRoute = defineRoute({
  method: 'POST',
  path: '/admin/destructions/{id}/approve',
  summary: 'Approve the destruction of a key',
  description:
    'By another principal than the one who asked (403 otherwise). From `due_at` on the key is gone for good: see first that nothing is left at its address.',
  tag: 'custody',
  access: 'custody:approve',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: destructionView,
  errors: [...CHANGE_ERRORS, 'KEY_NOT_AVAILABLE', 'WALLET_NOT_FOUND'],
});

/** Rejects a destruction. */
export const rejectDestructionRoute = defineRoute({
  method: 'POST',
  path: '/admin/destructions/{id}/reject',
  summary: 'Reject the destruction of a key',
  description: 'By another principal than the one who asked; also after an approval, until it has happened.',
  tag: 'custody',
  access: 'custody:approve',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params,
  query: NOTHING,
  body: reasonBody,
  status: 200,
  response: destructionView,
  errors: CHANGE_ERRORS,
});

/** Cancels a destruction. */
export const cancelDestructionRoute = defineRoute({
  method: 'POST',
  path: '/admin/destructions/{id}/cancel',
  summary: 'Cancel the destruction of a key',
  description: 'By anyone with the scope, whoever asked, until it has happened: to stop is always safe.',
  tag: 'custody',
  access: 'custody:destroy',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params,
  query: NOTHING,
  body: reasonBody,
  status: 200,
  response: destructionView,
  errors: CHANGE_ERRORS,
});
