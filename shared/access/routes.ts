import * as z from 'zod';
import { isAddressBlock } from '#shared/platform/auth/address-list.ts';
import { scopeSchema } from '#shared/platform/auth/scopes.ts';
import { cursorField, instantField, limitField, pageOf } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { holdsNoKey, NO_KEY } from '#shared/platform/secret-shape.ts';
import { apiKeyView } from './view.ts';

const nameField = z.string().min(1).max(100).refine(holdsNoKey, NO_KEY);
const scopesField = z.array(scopeSchema).min(1).max(32);
const addressesField = z
  .array(z.string().refine(isAddressBlock, { error: 'INVALID_PARAMETER: must be an IP address or a CIDR block' }))
  .max(50)
  .describe('Addresses and CIDR blocks the key may be used from; empty: any.');
const params = z.strictObject({ id: idSchema('key') });

/** A week; a longer overlap is no rotation. */
const MAX_OVERLAP_SECONDS = 7 * 24 * 60 * 60;

const issuedView = apiKeyView
  .extend({ key: z.string().nullable().describe('The whole key, shown this once; null in a replayed answer.') })
  .meta({ id: 'IssuedApiKey' });

/** Issues a key. */
export const createApiKeyRoute = defineRoute({
  method: 'POST',
  path: '/admin/api-keys',
  summary: 'Issue an API key',
  tag: 'access',
  access: 'access:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    name: nameField,
    scopes: scopesField,
    allowed_addresses: addressesField.default([]),
    expires_at: instantField.nullable().default(null),
  }),
  status: 201,
  response: issuedView,
  errors: [],
});

/** Lists keys. */
export const listApiKeysRoute = defineRoute({
  method: 'GET',
  path: '/admin/api-keys',
  summary: 'List API keys, newest first',
  tag: 'access',
  access: 'access:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params: NOTHING,
  query: z.strictObject({ limit: limitField, cursor: cursorField.optional() }),
  body: NOTHING,
  status: 200,
  response: pageOf(apiKeyView),
  errors: [],
});

/** Shows one key. */
export const getApiKeyRoute = defineRoute({
  method: 'GET',
  path: '/admin/api-keys/{id}',
  summary: 'Show an API key',
  tag: 'access',
  access: 'access:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: apiKeyView,
  errors: ['API_KEY_NOT_FOUND'],
});

/** Changes a key. */
export const changeApiKeyRoute = defineRoute({
  method: 'PATCH',
  path: '/admin/api-keys/{id}',
  summary: 'Change an API key',
  tag: 'access',
  access: 'access:write',
  idempotent: false,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({
    name: nameField.optional(),
    scopes: scopesField.optional(),
    allowed_addresses: addressesField.optional(),
    expires_at: instantField.nullable().optional(),
  }),
  status: 200,
  response: apiKeyView,
  errors: ['API_KEY_NOT_FOUND', 'VERSION_MISMATCH', 'INVALID_TRANSITION', 'WRITE_CONFLICT'],
});

/** Rotates a key. */
export const rotateApiKeyRoute = defineRoute({
  method: 'POST',
  path: '/admin/api-keys/{id}/rotate',
  summary: 'Issue a successor; the old key works on for an overlap',
  tag: 'access',
  access: 'access:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({ overlap_seconds: z.number().int().min(0).max(MAX_OVERLAP_SECONDS).default(3_600) }),
  status: 201,
  response: issuedView,
  errors: ['API_KEY_NOT_FOUND', 'VERSION_MISMATCH', 'INVALID_TRANSITION'],
});

/** Revokes a key. */
export const revokeApiKeyRoute = defineRoute({
  method: 'DELETE',
  path: '/admin/api-keys/{id}',
  summary: 'Revoke an API key; it stops working within 30 seconds',
  tag: 'access',
  access: 'access:write',
  idempotent: false,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: apiKeyView,
  errors: ['API_KEY_NOT_FOUND', 'VERSION_MISMATCH', 'WRITE_CONFLICT'],
});
