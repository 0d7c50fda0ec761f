import * as z from 'zod';
import { chainIdField, chainIdQuery, reasonField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { laneStateSchema } from '../lane/lane.ts';

const count = z.number().int();

/** The nonces of a wallet on a chain. */
export const nonceStatusView = z
  .object({
    wallet_id: z.string(),
    address: z.string(),
    chain_id: count,
    next: count.describe('What the next signed transaction gets, unless the chain is ahead or a gap is filled first.'),
    chain_latest: count.describe('The count of the latest block: all nonces below are used.'),
    chain_pending: count.describe('The count with everything that the node has in its pool.'),
    gaps: z.array(count).describe('Counted as used by Haven, used neither on the chain nor by anything in flight.'),
    in_flight: count.describe('Transactions that are signed and not final.'),
    foreign: laneStateSchema.shape.foreign
      .unwrap()
      .describe('Nonces that strangers used, and whose transactions had to take others; the latest 20.'),
    unexplained: count
      .nullable()
      .describe('A nonce that is used, by whom nobody can name: its transaction waits for a person.'),
    disputed_by: z
      .string()
      .nullable()
      .describe(
        'The RPC endpoint that contradicted what would have become final; nothing is final until another agrees.',
      ),
    alone_since: z
      .string()
      .nullable()
      .describe('Since when no other RPC endpoint confirms what would become final. ISO 8601, UTC.'),
    synced_at: z.string().nullable().describe('When the lane was last written after a look at the chain.'),
  })
  .meta({ id: 'NonceStatus' });

/** Shows the nonces of a wallet on a chain. */
export const getNoncesRoute = defineRoute({
  method: 'GET',
  path: '/admin/wallets/{id}/nonces',
  summary: "Show a wallet's nonces on one chain",
  tag: 'custody',
  access: 'custody:read',
  idempotent: false,
  rate: 'read',
  audited: 'access',
  params: z.strictObject({ id: idSchema('wal') }),
  query: z.strictObject({ chain_id: chainIdQuery }),
  body: NOTHING,
  status: 200,
  response: nonceStatusView,
  errors: ['WALLET_NOT_FOUND', 'RPC_CONNECTION', 'CIRCUIT_OPEN', 'CONFIGURATION'],
});

const MAX_NONCE = 2 ** 31 - 1;
const nonceField = z
  .number({ error: 'INVALID_PARAMETER: must be a nonce' })
  .int({ error: 'INVALID_PARAMETER: must be a nonce' })
  .min(0, { error: 'INVALID_PARAMETER: must be a nonce' })
  .max(MAX_NONCE, { error: 'INVALID_PARAMETER: must be a nonce' });

/** Sets the counter of a lane. */
export const resetNoncesRoute = defineRoute({
  method: 'POST',
  path: '/admin/wallets/{id}/nonces/reset',
  summary: "Sync or reset a wallet's next nonce on one chain",
  description:
    'Without `next` the counter is set to what the chain says, or behind what is in flight. What is signed stays in flight and keeps its nonce in any case; a nonce below it is refused unless `force` is given. Haven heals gaps and drift by itself: this is for when waiting for the proof is too slow.',
  tag: 'custody',
  access: 'custody:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: z.strictObject({ id: idSchema('wal') }),
  query: NOTHING,
  body: z.strictObject({
    chain_id: chainIdField,
    next: nonceField.nullable().default(null),
    force: z.boolean({ error: 'INVALID_PARAMETER: must be true or false' }).default(false),
    reason: reasonField,
  }),
  status: 200,
  response: nonceStatusView,
  errors: [
    'WALLET_NOT_FOUND',
    'INVALID_TRANSITION',
    'RPC_CONNECTION',
    'CIRCUIT_OPEN',
    'CONFIGURATION',
    'DATABASE_ERROR',
  ],
});
