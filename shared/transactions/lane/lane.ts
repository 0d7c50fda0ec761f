import { getAddress } from 'ethers/address';
import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { shardOf } from '#shared/platform/dynamo/shard-of.ts';

/** A lane is one (chain, address): all transactions that share a nonce sequence. */
export const laneKeySchema = z.object({
  chain_id: z.number().int().positive(),
  /** With its EIP-55 checksum. */
  address: z.string(),
});

/** Names a lane. */
export type LaneKey = z.output<typeof laneKeySchema>;

/** The state of a lane. `version` 0 means that it has never been written. */
export const laneStateSchema = laneKeySchema.extend({
  wallet_id: z.string(),
  /** The nonce that the next signed transaction gets; null until the chain was asked. */
  next_nonce: z.number().int().nonnegative().nullable(),
  /** Nonces that are signed and not final, lowest first, with the transaction that has each. */
  in_flight: z.array(z.object({ nonce: z.number().int(), id: z.string() })),
  /** The lowest nonce that was counted as used and that the chain doesn't know. */
  gap: z
    .object({
      nonce: z.number().int(),
      /** The head from which on its proof counts. */
      since_block: z.number().int(),
      /** The head at which the lane was first seen to have a gap, however often the proof began anew: names what its alerts are about. Null: that was not noted. */
      first_block: z.number().int().nullable().default(null),
    })
    .nullable()
    .default(null),
  /** Since when no other endpoint had a say in what would become final, and when that was last seen; null: the last that was asked had. */
  alone: z.object({ since: z.string(), seen_at: z.string() }).nullable().default(null),
  /** The endpoint that last contradicted what would have become final; null: all that were asked since agree. */
  disputed_by: z.string().nullable().default(null),
  /** A nonce that is used, by whom can't be found out: its transaction waits for a person. Null: there is none. */
  unexplained: z.number().int().nullable().default(null),
  /** Nonces that strangers used for transactions that Haven did not sign; the latest ones. */
  foreign: z
    .array(
      z.object({
        nonce: z.number().int(),
        /** null: nobody looked for it. */
        hash: z.string().nullable(),
        /** The transaction that had to take another nonce; null: none of Haven's had it. */
        transaction_id: z.string().nullable(),
        /** ISO 8601, UTC. */
        at: z.string(),
      }),
    )
    .default([]),
  /** When the lane was last written after a look at the chain; ISO 8601, UTC. */
  synced_at: z.string().nullable().default(null),
  /** Where the lane's own audit stream ends: what people did to its counter. Null: nobody did anything. */
  audit: auditHeadSchema.nullable().default(null),
  version: z.number().int().nonnegative(),
});

/** The state of a lane. */
export type LaneState = z.output<typeof laneStateSchema>;

/** A lane that has never been written. */
export function newLane(key: LaneKey, walletId: string): LaneState {
  return {
    ...key,
    wallet_id: walletId,
    next_nonce: null,
    in_flight: [],
    gap: null,
    alone: null,
    disputed_by: null,
    unexplained: null,
    foreign: [],
    synced_at: null,
    audit: null,
    version: 0,
  };
}

/** Transactions that one commit signs: at most 5 items each, and 100 items is what a DynamoDB transaction takes. */
export const SEND_BATCH = 10;

/** Foreign uses that a lane remembers; all of them are on the audit streams of the transactions they displaced. */
export const MAX_FOREIGN = 20;

/** Reads the text form of a lane's name. */
export function parseLaneName(name: string): LaneKey {
  const [chainId, address] = name.split('#');
  return laneKeySchema.parse({ chain_id: Number(chainId), address: getAddress(address ?? '') });
}

/** The audit stream of what people did to a lane. */
export function laneStream(key: LaneKey): string {
  return `lane:${laneName(key)}`;
}

/** The text form of a lane's name: in item keys, message groups and logs. */
export function laneName(key: LaneKey): string {
  return `${key.chain_id}#${key.address.toLowerCase()}`;
}

/**
 * Partitions of the index of lanes with work. A fixed number: more partitions would only cost the kicker more
 * queries, fewer could make one hot (1,000 writes a second each).
 */
export const OPEN_LANE_SHARDS = 4;

/** The partition of the index of open lanes that a lane is in. */
export function openLanePartition(key: LaneKey): string {
  return openLaneShard(shardOf(laneName(key), OPEN_LANE_SHARDS));
}

/** The partition of a shard. */
export function openLaneShard(shard: number): string {
  return `OPEN_LANES#${shard}`;
}

/** Sorts after every transaction id. */
export const AFTER_LANE = '#~';
