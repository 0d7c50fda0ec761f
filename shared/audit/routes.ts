import * as z from 'zod';
import { skuField } from '#shared/catalog/product.ts';
import { sweepIdField } from '#shared/payments/sweeps/deposit-sweep.ts';
import { PRINCIPAL_ID } from '#shared/platform/auth/principal.ts';
import { breakerNameSchema } from '#shared/platform/breaker/breaker-state.ts';
import { cursorField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { queueNameField } from '#shared/queues/queue-name.ts';
import { ANCHOR_BREAK_KINDS } from './anchors/anchor-chain.ts';
import { BREAK_KINDS } from './verify-stream.ts';

/** Which body names no stream, or more than one. */
export const ONE_STREAM =
  'must name one of wallet_id, policy_of, deposit_of, sweeps_of, deposit_sweep, lane, circuit, queue, transaction_id, user_id, redemption_id, sku, order_id, webhook_endpoint_id, token, treasury, key_commands, api_key_id, alert_id, alert_channel_id, principal_id and locked_out_at';

/** Verifies a stream. */
export const verifyAuditRoute = defineRoute({
  method: 'POST',
  path: '/admin/audit/verify',
  summary: 'Verify an audit stream',
  description:
    'Walks a stream entry by entry, holds it against the anchors outside the database, and names the first entry that is missing, edited, reordered, cut off or rewritten. A stream that is too long for one request is walked in several: `verified` is true only when all of it was.',
  tag: 'audit',
  access: 'audit:read',
  idempotent: false,
  rate: 'sensitive',
  audited: 'access',
  params: NOTHING,
  query: NOTHING,
  body: z
    .strictObject({
      wallet_id: idSchema('wal').optional(),
      policy_of: idSchema('wal').optional().describe("Changes of this wallet's policy."),
      deposit_of: idSchema('wal').optional().describe('Which order took this wallet from the pool.'),
      sweeps_of: idSchema('wal').optional().describe('Sweeps of this wallet.'),
      deposit_sweep: sweepIdField.optional().describe("This sweep of an order's address."),
      lane: z
        .string()
        .regex(/^[1-9]\d{0,9}#0x[0-9a-f]{40}$/, { error: 'INVALID_PARAMETER: must be chain id, # and address' })
        .optional()
        .describe("What people did to a lane's counter: chain id, `#`, address in lower case.")
        .meta({ examples: ['31337#0x2c7536e3605d9c16a7a3d7b1898e529396a65c23'] }),
      circuit: breakerNameSchema
        .optional()
        .describe('Resets of this circuit, by name.')
        .meta({ examples: ['rpc:1:endpoint-1'] }),
      queue: queueNameField.optional().describe('Redrives of this queue.'),
      transaction_id: idSchema('tx').optional(),
      user_id: idSchema('usr').optional(),
      redemption_id: idSchema('red').optional(),
      sku: skuField.optional().describe('Changes of this product, and adjustments and repairs of its stock.'),
      order_id: idSchema('ord').optional(),
      webhook_endpoint_id: idSchema('whe').optional().describe('Also of one that was deleted.'),
      token: z.literal(true).optional().describe('Changes of the token settings.'),
      treasury: z.literal(true).optional().describe('Which wallet was named as the treasury.'),
      key_commands: z.literal(true).optional().describe('Runs of `npm run keys:…`.'),
      api_key_id: idSchema('key').optional().describe('What was done to this API key.'),
      alert_id: idSchema('alr').optional().describe('Who acknowledged this alert, or asked for it as a test.'),
      alert_channel_id: idSchema('chn').optional().describe('What was done to this alert channel.'),
      principal_id: z
        .string()
        .regex(PRINCIPAL_ID, { error: 'INVALID_PARAMETER: must be the id of an API key, or oidc: and a subject' })
        .optional()
        .describe('What this API key, or the operator with this id, looked at and was refused.')
        .meta({ examples: ['key_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
      locked_out_at: z
        .string()
        .min(2)
        .max(64)
        .regex(/^[0-9a-f.:/]+$/, { error: 'INVALID_PARAMETER: must be an IP address, or the /64 of one' })
        .optional()
        .describe('Lockouts and denials at this address; of an IPv6 address its /64.')
        .meta({ examples: ['203.0.113.7'] }),
      cursor: cursorField.optional().describe('`next_cursor` of the answer before, for a long stream.'),
    })
    .refine(({ cursor: _, ...streams }) => Object.values(streams).filter((id) => id !== undefined).length === 1, {
      error: `INVALID_PARAMETER: ${ONE_STREAM}`,
    })
    .describe('Exactly one stream.'),
  status: 200,
  response: z
    .object({
      stream: z.string(),
      verified: z.boolean(),
      entries: z.number().int().describe('Walked so far, from the first on, all as they should be.'),
      first_break: z
        .object({
          seq: z.number().int(),
          reason: z.enum(BREAK_KINDS),
          anchor: z.number().int().optional().describe('The number of the anchor that shows it.'),
        })
        .nullable(),
      anchored: z
        .object({
          seq: z.number().int().describe('The last entry of the stream that an anchor knows; 0 when none does.'),
          through: z.string().nullable().describe('Until when entries are anchored.'),
          broken_anchor: z
            .object({ number: z.number().int(), reason: z.enum(ANCHOR_BREAK_KINDS) })
            .nullable()
            .describe('The first anchor that is not what it must be.'),
        })
        .describe('How far anchors outside the database vouch for the stream.'),
      next_cursor: z
        .string()
        .nullable()
        .describe('Where to go on; null when the whole stream was walked, or a break found.'),
    })
    .meta({ id: 'AuditVerification' }),
  errors: [
    'WALLET_NOT_FOUND',
    'TRANSACTION_NOT_FOUND',
    'USER_NOT_FOUND',
    'REDEMPTION_NOT_FOUND',
    'PRODUCT_NOT_FOUND',
    'ORDER_NOT_FOUND',
    'SWEEP_NOT_FOUND',
    'WEBHOOK_ENDPOINT_NOT_FOUND',
    'TOKEN_NOT_CONFIGURED',
    'TREASURY_NOT_CONFIGURED',
    'API_KEY_NOT_FOUND',
    'ALERT_NOT_FOUND',
    'ALERT_CHANNEL_NOT_FOUND',
    'ANCHORS_UNAVAILABLE',
  ],
});
