import * as z from 'zod';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { reasonField } from '../dual-control/fields.ts';
import { walletView } from '../routes.ts';
import { sweepView } from './sweep.ts';

const params = z.strictObject({ id: idSchema('wal') });

/** Revokes a wallet. */
export const revokeWalletRoute = defineRoute({
  method: 'POST',
  path: '/admin/wallets/{id}/revoke',
  summary: 'Revoke a wallet for good',
  description:
    'From the answer on nothing of the wallet is signed, replacements neither. What is queued ends `failed` with the code `WALLET_REVOKED` and this reason; what was signed before can still be mined, and ends as the chain says. There is no way back: to stop a wallet for a while, pause it; to go on with another key, rotate it first. Its key is kept, and can be exported, or destroyed once the retention has passed.',
  tag: 'custody',
  access: 'custody:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({ reason: reasonField }),
  status: 200,
  response: walletView,
  errors: ['WALLET_NOT_FOUND', 'INVALID_TRANSITION', 'VERSION_MISMATCH', 'WRITE_CONFLICT', 'DATABASE_ERROR'],
});

const ROTATE_ERRORS = ['WALLET_NOT_FOUND', 'INVALID_TRANSITION', 'WRITE_CONFLICT', 'DATABASE_ERROR'] as const;

/** Rotates a wallet. */
export const rotateWalletRoute = defineRoute({
  method: 'POST',
  path: '/admin/wallets/{id}/rotate',
  summary: 'Put another wallet with a new key in the place of one',
  description:
    "Makes a successor of the same purpose and custody, with a copy of label, tags and policy, not paused; a user moves on to it. Within five seconds the old wallet takes on nothing new (409 `WALLET_ROTATED`); what it had accepted is still signed. With `sweep` it then sends its tokens (HAVEN, and those that its policy limits) and each chain's coin, less fees, to the successor by ordinary transactions under its policy: what is refused is on its `sweep`. Top-up rules of other wallets and the token's minter still name the old wallet: change them. A deposit wallet that was handed out is refused.",
  tag: 'custody',
  access: 'custody:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({
    reason: reasonField,
    sweep: z
      .boolean({ error: 'INVALID_PARAMETER: must be true or false' })
      .default(false)
      .describe('Whether what it has is brought to the successor.'),
  }),
  status: 201,
  response: z
    .object({ wallet: walletView, successor: walletView, sweep: sweepView.nullable() })
    .meta({ id: 'Rotation' }),
  errors: [
    ...ROTATE_ERRORS,
    'VERSION_MISMATCH',
    'WALLET_ALREADY_EXISTS',
    'IDEMPOTENCY_IN_PROGRESS',
    'CIRCUIT_OPEN',
    'CONFIGURATION',
  ],
});

/** Sweeps a rotated wallet once more. */
export const sweepWalletRoute = defineRoute({
  method: 'POST',
  path: '/admin/wallets/{id}/sweep',
  summary: 'Sweep a rotated wallet to its successor',
  description:
    'What came to a rotated wallet later, or was refused by its policy when it was rotated, goes to the successor; where that was rotated too, to the last of the line. One sweep at a time (409 otherwise). `GET /admin/wallets/{id}` shows how far it is.',
  tag: 'custody',
  access: 'custody:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({ reason: reasonField }),
  status: 202,
  response: sweepView,
  errors: ROTATE_ERRORS,
});
