import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { CustodyState } from '../custody-state.ts';
import {
  type ControlledRequest,
  controlledRequestSchema,
  requestStatusSchema,
  statusAt,
} from '../dual-control/request.ts';
import type { RequestKind } from '../dual-control/request-kind.ts';
import type { Wallet } from '../wallet.ts';

/** The destruction of a key. */
export type Destruction = ControlledRequest;

/** Destructions, among what needs two people. */
export const DESTRUCTION_KIND: RequestKind<Destruction> = {
  name: 'destruction',
  schema: controlledRequestSchema,
  notFound: 'DESTRUCTION_NOT_FOUND',
  actions: {
    request: 'destruction.requested',
    approve: 'destruction.approved',
    reject: 'destruction.rejected',
    cancel: 'destruction.cancelled',
    retrieve: 'destruction.retrieved',
    execute: 'key.destroyed',
  },
  summaries: {
    request: 'Somebody asks for the destruction of the key of a revoked wallet',
    approve: 'The destruction of a key was approved: it happens when its retention has passed',
    reject: 'The destruction of a key was rejected',
    cancel: 'The destruction of a key was cancelled',
    retrieve: 'The destruction of a key was retrieved',
    execute: 'The key of a revoked wallet was destroyed',
  },
  facts: ({ use_from }) => ({ due_at: use_from ?? null }),
};

/** A destruction as the API shows it. */
export const destructionView = z
  .object({
    id: z.string().meta({ examples: ['dst_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    wallet_id: z.string(),
    address: z.string(),
    status: requestStatusSchema,
    reason: z.string(),
    requested_by: z.string().describe('Who can not approve it.'),
    requested_at: z.string().describe('ISO 8601, UTC.'),
    approve_by: z.string().describe('It expires unless it is approved before.'),
    approved_by: z.string().nullable(),
    approved_at: z.string().nullable(),
    due_at: z
      .string()
      .nullable()
      .describe('Once approved: when it happens, unless it is cancelled or rejected before.'),
    ended_by: z.string().nullable(),
    ended_at: z.string().nullable(),
    version: z.number().int(),
  })
  .meta({ id: 'Destruction' });

/**
 * A destruction as the API shows it at a time.
 *
 * @param now ISO 8601, UTC
 */
export function toDestructionView(stored: Destruction, now: string): z.output<typeof destructionView> {
  const { use_from, use_by: _by, requester_kin: _kin, failures: _, retry_at: _at, ...rest } = stored;
  return {
    ...rest,
    status: statusAt(stored, now),
    approved_by: stored.approved_by ?? null,
    approved_at: stored.approved_at ?? null,
    due_at: use_from ?? null,
    ended_by: stored.ended_by ?? null,
    ended_at: stored.ended_at ?? null,
  };
}

/**
 * When the key of a wallet may be destroyed: its retention after the revocation, which is the time in which somebody can
 * notice that the key was still needed. By its key state: rows of wallets, and what they say of dates, can be put by who makes them.
 *
 * @returns milliseconds since the Unix epoch
 * @throws INVALID_TRANSITION for a wallet that is not revoked, KEY_NOT_AVAILABLE for a key that is in KMS or was destroyed
 */
export function retentionEndsMs(
  { id, custody: tier }: Pick<Wallet, 'id' | 'custody'>,
  { status, revoked_at, key_destroyed_at }: CustodyState,
  retentionDays: number,
): number {
  const reason =
    key_destroyed_at !== undefined
      ? 'was destroyed already'
      : tier !== 'envelope'
        ? 'is in KMS: schedule the deletion of the KMS key'
        : undefined;
  if (reason !== undefined) {
    throw new HavenError('KEY_NOT_AVAILABLE', `The key of wallet ${id} ${reason}`, {
      details: { wallet_id: id, reason },
    });
  }
  if (status !== 'revoked' || revoked_at === undefined) {
    throw new HavenError('INVALID_TRANSITION', `Wallet ${id} is ${status}; only a revoked one's key can go`, {
      details: { wallet_id: id, status },
    });
  }
  return Date.parse(revoked_at) + retentionDays * DAY_MS;
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * When a destruction that is approved now happens: at once, or when the retention has passed.
 *
 * @throws what `retentionEndsMs` throws
 */
export function destructionUse(
  retentionDays: number,
): (wallet: Wallet, nowMs: number, custody: CustodyState) => Pick<Destruction, 'use_from' | 'use_by'> {
  return (wallet, nowMs, custody) => ({
    use_from: isoTime(Math.max(nowMs, retentionEndsMs(wallet, custody, retentionDays))),
  });
}
