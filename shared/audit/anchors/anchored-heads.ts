import type { KeyObject } from 'node:crypto';
import { decodeTime } from 'ulid';
import { sha256Hex } from '#shared/platform/canonical-json.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { AnchoredHead } from '../verify-stream.ts';
import type { AnchorReader } from './anchor-bucket.ts';
import { type AnchorBreak, anchorBreak } from './anchor-chain.ts';
import {
  DIGEST_PREFIX,
  type Digest,
  digestKey,
  digestNumber,
  parsePart,
  partKey,
  partWith,
  type StreamHead,
} from './digest.ts';
import { parseSigned } from './write-anchors.ts';

/** Objects read at once. */
const CONCURRENT_READS = 16;
/** An entry's time may be before that of the id which was made for it, by another machine's clock. */
const CLOCK_SKEW_MS = 86_400_000;

/** What anchors say of one stream. */
export interface AnchorsOfStream {
  readonly heads: readonly AnchoredHead[];
  /** Up to when entries are anchored, ISO 8601; null when there is no anchor. */
  readonly through: string | null;
  /** The first anchor that is not what it must be; what is after it counts for nothing. */
  readonly brokenAnchor: AnchorBreak | null;
}

/** Looks streams up in the anchors. */
export interface AnchoredHeads {
  /** @throws ANCHORS_UNAVAILABLE when they can't be read in time */
  of(stream: string, deadline: Deadline): Promise<AnchorsOfStream>;
}

/** What looking streams up needs. */
export interface AnchoredHeadsDependencies {
  readonly stage: string;
  readonly reader: AnchorReader;
  readonly publicKey: () => Promise<KeyObject>;
}

/**
 * Looks streams up in the anchors, from the beginning of each. What an anchor says holds for good, so those that were
 * found to be right are kept in memory; parts are not.
 */
export function createAnchoredHeads({ stage, reader, publicKey }: AnchoredHeadsDependencies): AnchoredHeads {
  const known: Digest[] = [];

  /** Reads and checks the anchors that are not known yet. */
  async function catchUp(deadline: Deadline): Promise<AnchorBreak | null> {
    const after = known.length === 0 ? undefined : digestKey(known.length);
    const keys = await reader.keys(DIGEST_PREFIX, after);
    const last = Math.max(known.length, ...keys.flatMap((key) => digestNumber(key) ?? []));
    const key = last > known.length ? await publicKey() : undefined;
    for (let start = known.length; key !== undefined && start < last; start = known.length) {
      const count = Math.min(CONCURRENT_READS, last - start);
      const numbers = Array.from({ length: count }, (_, index) => start + 1 + index);
      requireTime(deadline);
      const texts = await Promise.all(numbers.map((number) => reader.get(digestKey(number))));
      for (const [index, text] of texts.entries()) {
        const number = start + 1 + index;
        if (text === undefined) return { number, reason: 'missing' };
        const signed = parseSigned(text);
        const found = anchorBreak(number, signed, known[number - 2], stage, key);
        if (found !== null || signed === undefined) return found ?? { number, reason: 'unreadable' };
        // A call that ran beside this one may have been quicker.
        known[number - 1] ??= signed.digest;
      }
    }
    return null;
  }

  async function look(stream: string, deadline: Deadline): Promise<AnchorsOfStream> {
    let brokenAnchor = await catchUp(deadline);
    const sinceMs = sinceOf(stream);
    const candidates = known
      .filter(({ through }) => Date.parse(through) >= sinceMs)
      .flatMap((digest) => {
        const part = partWith(digest, stream);
        return part === undefined ? [] : { number: digest.number, sha256: part.sha256 };
      });
    const heads: AnchoredHead[] = [];
    for (let start = 0; start < candidates.length && !isBefore(brokenAnchor, candidates[start]); ) {
      requireTime(deadline);
      const some = candidates.slice(start, start + CONCURRENT_READS);
      const parts = await Promise.all(some.map(({ sha256 }) => readPart(reader, sha256)));
      for (const [index, part] of parts.entries()) {
        const number = some[index]?.number ?? 0;
        if (typeof part === 'string') {
          if (brokenAnchor === null || number < brokenAnchor.number) brokenAnchor = { number, reason: part };
          continue;
        }
        const head = part.find((one) => one.stream === stream);
        if (head !== undefined) heads.push({ seq: head.seq, hash: head.hash, anchor: number });
      }
      start += some.length;
    }
    return { heads, through: known.at(-1)?.through ?? null, brokenAnchor };
  }

  return {
    async of(stream, deadline) {
      try {
        return await look(stream, deadline);
      } catch (cause) {
        if (cause instanceof HavenError) throw cause;
        throw new HavenError('ANCHORS_UNAVAILABLE', 'The anchors of the audit streams could not be read', { cause });
      }
    },
  };
}

function isBefore(broken: AnchorBreak | null, candidate: { readonly number: number } | undefined): boolean {
  return broken !== null && candidate !== undefined && broken.number < candidate.number;
}

/**
 * Reads a part and holds it against the hash that its digest has.
 *
 * @returns its heads, or what is wrong with it
 */
export async function readPart(
  reader: AnchorReader,
  sha256: string,
): Promise<readonly StreamHead[] | 'missing' | 'unreadable'> {
  const text = await reader.get(partKey(sha256));
  if (text === undefined) return 'missing';
  return sha256Hex(text) === sha256 ? parsePart(text) : 'unreadable';
}

/** Before when a stream can't have had an entry, by the time in its id: milliseconds since the Unix epoch. */
function sinceOf(stream: string): number {
  const ulid = /_([0-9A-HJKMNP-TV-Z]{26})$/.exec(stream)?.[1];
  return ulid === undefined ? 0 : decodeTime(ulid) - CLOCK_SKEW_MS;
}

function requireTime(deadline: Deadline): void {
  if (deadline.allows(1)) return;
  throw new HavenError(
    'ANCHORS_UNAVAILABLE',
    'There are too many anchors to be read in time: use npm run audit:verify',
  );
}
