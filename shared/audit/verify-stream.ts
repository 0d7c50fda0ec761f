import { type AuditHead, emptyHead } from './audit-entry.ts';
import { entryIn, exactEntry, isWhole } from './stored-entry.ts';

/**
 * How a stream fails to verify:
 * - `missing`: an entry was removed, be it that those after it were given other numbers;
 * - `edited`: an entry doesn't say what its hash says, or is no entry of Haven's;
 * - `reordered`: an entry stands in another's place;
 * - `unlinked`: an entry doesn't follow from the one before it, one of the two was written anew;
 * - `truncated`: entries are missing at the end, by the aggregate's head or by an anchor;
 * - `unexpected`: there are more entries than the aggregate knows of;
 * - `rewritten`: all entries fit together, but an anchor knows another one: history was written anew from some entry on.
 */
export const BREAK_KINDS = [
  'missing',
  'edited',
  'reordered',
  'unlinked',
  'truncated',
  'unexpected',
  'rewritten',
] as const;

/** Where and how a stream fails to verify. */
export interface AuditBreak {
  /** The first entry that isn't what it was; of history that was written anew, the first that an anchor contradicts. */
  readonly seq: number;
  readonly reason: (typeof BREAK_KINDS)[number];
  /** The number of the anchor that shows it. */
  readonly anchor?: number;
}

/** An entry that an anchor vouches for. */
export interface AnchoredHead {
  readonly seq: number;
  readonly hash: string;
  /** The number of the anchor. */
  readonly anchor: number;
}

/** How far a stream has been walked: the last entry that was as it should be. */
export interface WalkPosition {
  readonly seq: number;
  readonly hash: string;
}

/** Walks a stream entry by entry, with no more memory than its anchors take. */
export class ChainWalk {
  readonly #stream: string;
  readonly #anchored: ReadonlyMap<number, readonly AnchoredHead[]>;
  #seq: number;
  #hash: string;

  /**
   * @param stream its name
   * @param anchored what anchors say of it, in any order
   * @param from where an earlier walk stopped; by default the beginning
   */
  constructor(stream: string, anchored: readonly AnchoredHead[] = [], from?: WalkPosition) {
    this.#stream = stream;
    this.#anchored = Map.groupBy(anchored, ({ seq }) => seq);
    this.#seq = from?.seq ?? 0;
    this.#hash = from?.hash ?? emptyHead(stream).audit_hash;
  }

  /** How far the walk has come. */
  get position(): WalkPosition {
    return { seq: this.#seq, hash: this.#hash };
  }

  /**
   * Takes the next entry.
   *
   * @param stored as the store gives it
   * @returns what is wrong with it; null when nothing is
   */
  take(stored: unknown): AuditBreak | null {
    const seq = this.#seq + 1;
    const entry = exactEntry(stored);
    if (entry === undefined) {
      const there = entryIn(stored)?.seq;
      return { seq, reason: there !== undefined && there > seq ? 'missing' : 'edited' };
    }
    if (entry.seq !== seq) return { seq, reason: entry.seq > seq ? 'missing' : 'reordered' };
    if (entry.prev_hash !== this.#hash) return { seq, reason: 'unlinked' };
    if (entry.stream !== this.#stream || !isWhole(entry)) return { seq, reason: 'edited' };
    const contradiction = this.#anchored.get(seq)?.find(({ hash }) => hash !== entry.hash);
    if (contradiction !== undefined) return { seq, reason: 'rewritten', anchor: contradiction.anchor };
    this.#seq = seq;
    this.#hash = entry.hash;
    return null;
  }

  /** What the anchors miss at the end of the stream; null when nothing is. */
  missedByAnchors(): AuditBreak | null {
    const beyond = [...this.#anchored.values()].flat().find(({ seq }) => seq > this.#seq);
    return beyond === undefined ? null : { seq: this.#seq + 1, reason: 'truncated', anchor: beyond.anchor };
  }
}

/**
 * Holds the end of a walk against where the aggregate says that the stream ends.
 *
 * @returns null when they agree
 */
export function breakAtEnd({ seq, hash }: WalkPosition, head: AuditHead): AuditBreak | null {
  if (seq < head.audit_seq) return { seq: seq + 1, reason: 'truncated' };
  if (seq > head.audit_seq) return { seq: head.audit_seq + 1, reason: 'unexpected' };
  return hash === head.audit_hash ? null : { seq, reason: 'edited' };
}

/**
 * Walks a whole stream as it is stored and finds the first break in its chain.
 *
 * @param stream its name
 * @param entries as they are stored, in their stored order
 * @param head where the aggregate says that the stream ends
 * @param anchored what anchors say of it
 * @returns null when every entry is there, unchanged, in order and linked
 */
export function firstBreak(
  stream: string,
  entries: readonly unknown[],
  head: AuditHead,
  anchored: readonly AnchoredHead[] = [],
): AuditBreak | null {
  const walk = new ChainWalk(stream, anchored);
  for (const stored of entries) {
    const found = walk.take(stored);
    if (found !== null) return found;
  }
  return walk.missedByAnchors() ?? breakAtEnd(walk.position, head);
}
