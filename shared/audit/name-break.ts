import { type AuditEntry, hashOf } from './audit-entry.ts';
import { entryIn, isWhole } from './stored-entry.ts';
import type { AuditBreak, WalkPosition } from './verify-stream.ts';

/** How far from its place an entry is recognised: 4,000 hashes, some hundredths of a second. */
const SEARCHED_PLACES = 2_000;

/** What stands where a walk stopped, and what comes after it. */
export interface Site {
  /** The last entry that was as it should be. */
  readonly before: WalkPosition;
  /** The item at which the walk stopped, as the store gives it. */
  readonly stored: unknown;
  /** The items after it, in order. May end early: then less can be told. */
  readonly rest: () => AsyncIterable<unknown>;
}

/**
 * Tells what became of an entry that doesn't fit: whether it was edited, or another stands in its place because it was
 * removed or put elsewhere. An entry's hash covers its number, so the place that it was written for can be found.
 *
 * @param found what the walk said
 * @returns the same, or more exactly
 */
export async function nameBreak(found: AuditBreak, { before, stored, rest }: Site): Promise<AuditBreak> {
  if (found.reason !== 'edited' && found.reason !== 'unlinked') return found;
  const entry = entryIn(stored);
  const place = entry === undefined ? undefined : placeOf(entry);
  if (place === undefined || place === found.seq) return found;
  if (place < found.seq) return { ...found, reason: 'reordered' };
  for await (const other of rest()) {
    const candidate = entryIn(other);
    if (candidate?.prev_hash !== before.hash) continue;
    if (isWhole({ ...candidate, seq: found.seq })) return { ...found, reason: 'reordered' };
  }
  return { ...found, reason: 'missing' };
}

/** The number that an entry was written with, by its hash; undefined when it was edited otherwise, or came from far away. */
function placeOf(entry: AuditEntry): number | undefined {
  const { hash, ...unhashed } = entry;
  if (isWhole(entry)) return entry.seq;
  for (let distance = 1; distance <= SEARCHED_PLACES; distance += 1) {
    const near = [entry.seq + distance, entry.seq - distance].filter((seq) => seq > 0);
    const place = near.find((seq) => hashOf({ ...unhashed, seq }) === hash);
    if (place !== undefined) return place;
  }
  return undefined;
}
