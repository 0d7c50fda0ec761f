import { createHash } from 'node:crypto';
import type { AuditEntry } from './audit-entry.ts';

/**
 * Attributes of an entry that are there for the table's indexes alone. All follow from what the entry says, so that
 * verifying a stream finds an entry that was hidden from searches or from the anchors.
 */
export interface IndexAttributes {
  /** Entries of a day, in shards: `2026-11-22#3`. What anchors are made from. */
  readonly gsi1pk: string;
  /** Entries by actor, for principals; Haven's own parts would each be one hot partition. */
  readonly gsi2pk?: string;
  /** Entries by severity, for those that are not INFO. */
  readonly gsi3pk?: string;
  /** Entries about a wallet: its stream, its policy's, its leaving the pool, its sweeps', and who looked at it. */
  readonly gsi4pk?: string;
  /** The sort key of every index: time, stream, number. */
  readonly position: string;
}

/** The attributes that IndexAttributes names. */
export const INDEX_ATTRIBUTE_NAMES = ['gsi1pk', 'gsi2pk', 'gsi3pk', 'gsi4pk', 'position'] as const;

/**
 * Shards of a day, because a partition of an index takes 1,000 writes a second
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html).
 */
export const DAY_SHARDS = 8;

/** Wide enough that the numbers of entries of one stream and millisecond sort as they count. */
const SEQ_DIGITS = 8;
/** `2026-11-22T10:11:12.345Z` */
const TIME_LENGTH = 24;
const DAY_LENGTH = 10;

/** Parts of Haven are plain words with hyphens; ids of principals have an underscore or a colon. */
const PART_OF_HAVEN = /^[a-z]+(-[a-z]+)*$/;
const WALLET_STREAM = /^(?:(?:policy|deposit|sweep):)?(wal_[0-9A-HJKMNP-TV-Z]{26})$/;
const WALLET_ID = /^wal_[0-9A-HJKMNP-TV-Z]{26}$/;

/** What the indexes hold of an entry. */
export function indexAttributesOf({ stream, seq, at, actor, severity, detail }: AuditEntry): IndexAttributes {
  const wallet = walletOf(stream, detail);
  return {
    gsi1pk: dayPartition(at.slice(0, DAY_LENGTH), shardOf(stream)),
    ...(isPartOfHaven(actor) ? {} : { gsi2pk: actor }),
    ...(severity === 'INFO' ? {} : { gsi3pk: severity }),
    ...(wallet === undefined ? {} : { gsi4pk: wallet }),
    position: `${at}#${stream}#${String(seq).padStart(SEQ_DIGITS, '0')}`,
  };
}

/** Whether an actor is a part of Haven rather than a principal. */
export function isPartOfHaven(actor: string): boolean {
  return PART_OF_HAVEN.test(actor);
}

function walletOf(stream: string, detail: Readonly<Record<string, unknown>>): string | undefined {
  const own = WALLET_STREAM.exec(stream)?.[1];
  if (own !== undefined) return own;
  const subject = detail['subject'];
  return stream.startsWith('access:') && typeof subject === 'string' && WALLET_ID.test(subject) ? subject : undefined;
}

/**
 * A number that a stream's name alone decides, evenly spread.
 *
 * @param bits how many leading bits of its hash to take, at most 32
 */
export function streamBits(stream: string, bits: number): number {
  return bits === 0 ? 0 : createHash('sha256').update(stream, 'utf8').digest().readUInt32BE(0) >>> (32 - bits);
}

function shardOf(stream: string): number {
  return streamBits(stream, Math.log2(DAY_SHARDS));
}

/** @param day `2026-11-22` */
function dayPartition(day: string, shard: number): string {
  return `${day}#${shard}`;
}

/**
 * The partitions of a day.
 *
 * @param day `2026-11-22`
 */
export function dayPartitions(day: string): readonly string[] {
  return Array.from({ length: DAY_SHARDS }, (_, shard) => dayPartition(day, shard));
}

/**
 * The UTC day of an instant.
 *
 * @param at ISO 8601, UTC
 */
export function dayOf(at: string): string {
  return at.slice(0, DAY_LENGTH);
}

/** The entry that a position names; undefined when it is none. */
export function parsePosition(position: string): { readonly stream: string; readonly seq: number } | undefined {
  const end = position.lastIndexOf('#');
  const seq = Number(position.slice(end + 1));
  return end > TIME_LENGTH && Number.isSafeInteger(seq)
    ? { stream: position.slice(TIME_LENGTH + 1, end), seq }
    : undefined;
}
