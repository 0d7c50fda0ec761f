import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { controlledRequestSchema, requestStatusSchema, statusAt } from '../dual-control/request.ts';
import type { RequestKind } from '../dual-control/request-kind.ts';
import type { Wallet } from '../wallet.ts';
import { algorithmOf, recipientKeySchema } from './recipient-key.ts';

/** From its approval on, so long can a key be retrieved. */
export const RETRIEVAL_WINDOW_MS = 15 * 60_000;

/** An export as it is stored. */
export const exportSchema = controlledRequestSchema.extend({
  public_key: recipientKeySchema,
  /** SHA-256 thumbprint of the public key (RFC 7638). */
  thumbprint: z.string(),
  /** Of a deposit wallet that an order holds: which one. */
  order_id: z.string().optional(),
});

/** An export of a key. */
export type Export = z.output<typeof exportSchema>;

/** Exports, among what needs two people. */
export const EXPORT_KIND: RequestKind<Export> = {
  name: 'export',
  schema: exportSchema,
  notFound: 'EXPORT_NOT_FOUND',
  actions: {
    request: 'export.requested',
    approve: 'export.approved',
    reject: 'export.rejected',
    cancel: 'export.cancelled',
    retrieve: 'key.exported',
    execute: 'export.executed',
  },
  summaries: {
    request: 'Somebody asks for the private key of a wallet',
    approve: 'The export of a private key was approved: it can be retrieved for 15 minutes',
    reject: 'The export of a private key was rejected',
    cancel: 'The export of a private key was cancelled',
    retrieve: 'The private key of a wallet was exported',
    execute: 'The export of a private key was executed',
  },
  facts: ({ thumbprint, order_id }) => ({ thumbprint, ...(order_id === undefined ? {} : { order_id }) }),
};

/** An export as the API shows it. */
export const exportView = z
  .object({
    id: z.string().meta({ examples: ['exp_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    wallet_id: z.string(),
    address: z.string(),
    status: requestStatusSchema,
    reason: z.string(),
    requested_by: z.string().describe('The only one who can retrieve it, and who can not approve it.'),
    requested_at: z.string().describe('ISO 8601, UTC.'),
    approve_by: z.string().describe('It expires unless it is approved before.'),
    approved_by: z.string().nullable(),
    approved_at: z.string().nullable(),
    retrieve_by: z.string().nullable().describe('Once approved, it expires unless it is retrieved before.'),
    ended_by: z.string().nullable(),
    ended_at: z.string().nullable(),
    thumbprint: z
      .string()
      .describe(
        'SHA-256 of the public key that it is encrypted to (RFC 7638), base64url. Compare it with the requester before you approve.',
      ),
    algorithm: z.enum(['RSA-OAEP-256', 'ECDH-ES']),
    version: z.number().int(),
  })
  .meta({ id: 'Export' });

/**
 * An export as the API shows it at a time.
 *
 * @param now ISO 8601, UTC
 */
export function toExportView(stored: Export, now: string): z.output<typeof exportView> {
  const { use_from: _from, use_by, public_key, requester_kin: _kin, failures: _, retry_at: _at, ...others } = stored;
  const { order_id: _order, ...rest } = others;
  return {
    ...rest,
    status: statusAt(stored, now),
    approved_by: stored.approved_by ?? null,
    approved_at: stored.approved_at ?? null,
    retrieve_by: use_by ?? null,
    ended_by: stored.ended_by ?? null,
    ended_at: stored.ended_at ?? null,
    algorithm: algorithmOf(public_key),
  };
}

/**
 * Refuses wallets whose key can't be exported: one that is in KMS can't leave it, one that was destroyed is no more. All
 * others can, whatever their state: an owner must be able to take their key, and with it what is left at the address,
 * from a wallet that is paused, rotated or revoked. That nobody does so alone is what the approval is for. (While a deposit wallet
 * waits in the pool it has no owner yet: `refusePooled`.)
 *
 * @throws KEY_NOT_AVAILABLE
 */
export function refuseUnexportable(wallet: Pick<Wallet, 'id' | 'custody' | 'key_destroyed_at'>): void {
  const reason =
    wallet.key_destroyed_at !== undefined
      ? 'was destroyed'
      : wallet.custody !== 'envelope'
        ? 'is in KMS and never leaves it'
        : undefined;
  if (reason === undefined) return;
  throw new HavenError('KEY_NOT_AVAILABLE', `The key of wallet ${wallet.id} ${reason}`, {
    details: { wallet_id: wallet.id, reason },
  });
}
