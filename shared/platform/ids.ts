import { ulid } from 'ulid';
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
  | 'exp'
  | 'dst'
  | 'prd'
  | 'crt'
  | 'ord'
  | 'pay'
  | 'evt';

/** Makes new ids. Injected, so that tests can foresee them. */
export type NewId = (prefix: IdPrefix) => string;

/** Sortable ids: `prefix_` and a ULID (48 bits of time, 80 of randomness, https://github.com/ulid/spec), so newest-first needs no other index. */
export const newId: NewId = (prefix) => `${prefix}_${ulid()}`;

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
