import * as z from 'zod';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { holdsNoKey, NO_KEY } from '#shared/platform/secret-shape.ts';
import { walletView } from '../routes.ts';
import { policyBodySchema } from './policy-request.ts';
import { policyView } from './policy-view.ts';

const params = z.strictObject({ id: idSchema('wal') });

/** Gives a wallet a policy. */
export const putPolicyRoute = defineRoute({
  method: 'PUT',
  path: '/admin/wallets/{id}/policy',
  summary: "Replace a wallet's policy",
  description:
    'What the wallet may do. Held against a transaction when it is accepted (within five seconds) and again before it is signed. What is left out is not limited. Daily limits count what is open at all times, and what moved for 24 to 25 hours.',
  tag: 'custody',
  access: 'custody:write',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params,
  query: NOTHING,
  body: policyBodySchema,
  status: 200,
  response: policyView,
  errors: [
    'INVALID_ADDRESS',
    'INVALID_AMOUNT',
    'WALLET_NOT_FOUND',
    'VERSION_MISMATCH',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});

/** Shows a wallet's policy. */
export const getPolicyRoute = defineRoute({
  method: 'GET',
  path: '/admin/wallets/{id}/policy',
  summary: "Show a wallet's policy",
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: policyView,
  revalidates: true,
  errors: ['WALLET_NOT_FOUND'],
});

const pauseBody = z.strictObject({
  reason: z
    .string({ error: 'INVALID_PARAMETER: must say why, in 1 to 500 characters' })
    .trim()
    .min(1, { error: 'INVALID_PARAMETER: must say why, in 1 to 500 characters' })
    .max(500, { error: 'INVALID_PARAMETER: must say why, in 1 to 500 characters' })
    .refine(holdsNoKey, NO_KEY)
    .describe('Why; goes into the audit entry.'),
});

const PAUSE_ERRORS = ['WALLET_NOT_FOUND', 'VERSION_MISMATCH', 'WRITE_CONFLICT', 'DATABASE_ERROR'] as const;

/** Pauses a wallet. */
export const pauseWalletRoute = defineRoute({
  method: 'POST',
  path: '/admin/wallets/{id}/pause',
  summary: 'Stop a wallet from signing',
  description:
    'From the answer on nothing of the wallet is signed; what is queued waits. What was broadcast before can still be mined. Pausing a paused wallet changes nothing.',
  tag: 'custody',
  access: 'custody:write',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params,
  query: NOTHING,
  body: pauseBody,
  status: 200,
  response: walletView,
  errors: PAUSE_ERRORS,
});

/** Ends a pause. */
export const resumeWalletRoute = defineRoute({
  method: 'POST',
  path: '/admin/wallets/{id}/resume',
  summary: 'Let a paused wallet sign again',
  description: 'Resuming a wallet that is not paused changes nothing.',
  tag: 'custody',
  access: 'custody:write',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params,
  query: NOTHING,
  body: pauseBody,
  status: 200,
  response: walletView,
  errors: PAUSE_ERRORS,
});
