import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { poolStatusSchema } from './pool-size.ts';

/** Keys and items of the pool of deposit wallets in the ledger table. docs/data-model.md lists the access patterns they serve. */

/**
 * Partitions of the pool's slots. Each takes 1,000 writes a second, of which a wallet that is taken needs two: four let
 * 2,000 checkouts a second through, and are four reads when the pool is counted.
 */
export const POOL_SHARDS = 4;

/** The partition of a shard of slots. */
export function poolShard(shard: number): string {
  return `DEPOSIT_POOL#${shard}`;
}

/** Digits of a slot's number in its key: more than a pool can have, so that keys sort as numbers. */
const SLOT_DIGITS = 5;

/** Where in its shard a slot is. */
export function slotSortKey(slot: number): string {
  return `SLOT#${String(slot).padStart(SLOT_DIGITS, '0')}`;
}

/**
 * A slot of the pool. Slots are numbered from 0 to the pool's size, and a wallet is put into one only if it is free: so no
 * number of refills at once can make the pool larger than it should be.
 */
export function slotKey(slot: number) {
  return { pk: poolShard(slot % POOL_SHARDS), sk: slotSortKey(slot) };
}

/** A wallet that waits in a slot. */
const slotRowSchema = z.object({
  sk: z.string().regex(/^SLOT#\d{5,}$/),
  wallet_id: z.string(),
  /** With its EIP-55 checksum. */
  address: z.string(),
});

/** A wallet that waits to be taken. */
export interface PooledWallet {
  readonly slot: number;
  readonly walletId: string;
  /** With its EIP-55 checksum. */
  readonly address: string;
}

/** The item of a slot that is taken up by a wallet. */
export function slotItem({ slot, walletId, address }: PooledWallet) {
  return { ...slotKey(slot), wallet_id: walletId, address };
}

/** The wallet in a slot, from its row. */
export function pooledWalletIn(row: unknown): PooledWallet {
  const { sk, wallet_id: walletId, address } = slotRowSchema.parse(row);
  return { slot: Number(sk.slice('SLOT#'.length)), walletId, address };
}

/**
 * Who holds a deposit wallet. One row a wallet for ever, put if absent: that a wallet is handed out once doesn't rest on what
 * the pool says, and a wallet that was in the pool can never get into it again.
 */
export function holderKey(walletId: string) {
  return { pk: `DEPOSIT#${walletId}`, sk: 'HOLDER' };
}

/** Who holds a deposit wallet that has left the pool, with where its stream ends. */
export const holderSchema = auditHeadSchema.extend({
  wallet_id: z.string(),
  address: z.string(),
  /** `taken`: by an order. `retired`: it may not be used any more, and nobody gets it. */
  status: z.enum(['taken', 'retired']),
  /** Null: nobody got it. */
  order_id: z.string().nullable(),
  /** ISO 8601, UTC. */
  at: z.string(),
});

/** Who holds a deposit wallet that has left the pool. */
export type Holder = z.output<typeof holderSchema>;

/** How the pool stood when that last changed. */
export const poolStateKey = { pk: 'DEPOSIT_POOL#STATE', sk: 'STATE' } as const;

/** How the pool stood when that last changed. */
export const poolStateSchema = z.object({
  status: poolStatusSchema,
  /** ISO 8601, UTC. */
  since: z.string(),
  /** Since when it is not filled, however often it was low and empty by turns: names what its alerts are about. Null: it is filled, or that was not noted. */
  opened_at: z.string().nullable().default(null),
  version: z.number().int(),
});

/** How the pool stood when that last changed. */
export type PoolState = z.output<typeof poolStateSchema>;

/** The audit stream of a deposit wallet's leaving the pool: see docs/decisions/0021-deposit-pool.md. */
export function depositStream(walletId: string): string {
  return `deposit:${walletId}`;
}
