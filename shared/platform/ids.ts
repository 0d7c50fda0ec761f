import { createHash } from 'node:crypto';
import { encodeTime, ulid } from 'ulid';
import * as z from 'zod';

/** What an id names. The prefix makes an id readable in a log and refuses one kind where another is meant. */
export type IdPrefix =
  | 'wal'
  | 'tx'
  | 'key'
  | 'usr'
  | 'red'
  | 'bat'
  | 'alr'
  | 'chn'
  | 'exp'
  | 'dst'
  | 'prd'
  | 'crt'
  | 'ord'
  | 'pay'
  | 'evt'
  | 'rfd'
  | 'whe'
  | 'whd'
  | 'rdl'
  | 'err';

/** Makes new ids. Injected, so that tests can foresee them. */
export type NewId = (prefix: IdPrefix) => string;

/** Sortable ids: `prefix_` and a ULID (48 bits of time, 80 of randomness, https://github.com/ulid/spec), so newest-first needs no other index. */
export const newId: NewId = (prefix) => `${prefix}_${ulid()}`;

/** Characters of a ULID that are its time, and those that are random. */
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

/**
 * Where a time is among ids of one kind: not after any id that was made at that millisecond or later, after all that were made before.
 *
 * @param atMs milliseconds since the Unix epoch
 */
export function idFloor(prefix: IdPrefix, atMs: number): string {
  return `${prefix}_${encodeTime(Math.max(0, atMs), TIME_CHARS)}${'0'.repeat(RANDOM_CHARS)}`;
}

/** Crockford's alphabet, as ULIDs have it. */
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The id of something that is named elsewhere: the same for the same time and seed, for what may be made twice and must be one.
 *
 * @param atMs milliseconds since the Unix epoch: its place among ids of its kind
 * @param seed what names it elsewhere
 */
export function idOf(prefix: IdPrefix, atMs: number, seed: string): string {
  const digest = createHash('sha256').update(seed).digest();
  const random = Array.from({ length: RANDOM_CHARS }, (_, at) => CROCKFORD[digest.readUInt8(at) % CROCKFORD.length]);
  return `${prefix}_${encodeTime(Math.max(0, atMs), TIME_CHARS)}${random.join('')}`;
}

/**
 * A zod schema for an id of one kind.
 *
 * @param prefix the kind
 * @param example a well-formed id for the API document
 */
export function idSchema(prefix: IdPrefix) {
  return z
    .string({ error: `INVALID_PARAMETER: must be an id that begins with ${prefix}_` })
    .regex(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`), {
      error: `INVALID_PARAMETER: must be an id that begins with ${prefix}_`,
    })
    .meta({ examples: [`${prefix}_01JD8Q4X7M5N2V9C3R6T0W1YZA`] });
}
