import type { Deadline } from '#shared/platform/deadline.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { AnchorBreak } from './anchors/anchor-chain.ts';
import type { AnchoredHeads } from './anchors/anchored-heads.ts';
import type { AuditHead } from './audit-entry.ts';
import { type AuditPages, BEFORE_ALL } from './audit-store.ts';
import { nameBreak } from './name-break.ts';
import { type AuditBreak, breakAtEnd, ChainWalk, type WalkPosition } from './verify-stream.ts';

/** Left over when a walk stops: for the answer, and for the record that it was asked for. */
const RESERVE_MS = 3_000;

/** What verifying needs. */
export interface VerifyDependencies {
  readonly audit: AuditPages;
  /** What anchors say. */
  readonly anchors: AnchoredHeads;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** How far anchors vouch for a stream. */
export interface AnchorCoverage {
  /** The last entry that an anchor knows; 0 when none does. */
  readonly seq: number;
  /** Up to when entries are anchored, ISO 8601; null when there is no anchor yet. */
  readonly through: string | null;
  /** An anchor that isn't what it must be. */
  readonly broken_anchor: AnchorBreak | null;
}

/** What verifying found. */
export interface Verification {
  readonly stream: string;
  /** Whether the whole stream was walked and is as it was written, its anchors too. */
  readonly verified: boolean;
  /** Entries walked so far. */
  readonly entries: number;
  readonly first_break: AuditBreak | null;
  readonly anchored: AnchorCoverage;
}

/** What verifying found, and where to go on when there was no time for the whole stream. */
export interface VerificationSoFar {
  readonly verification: Verification;
  /** undefined when nothing is left to walk. */
  readonly next: WalkPosition | undefined;
}

/**
 * Verifies a stream against its anchors and against the head that its aggregate keeps, page by page. What is wrong is
 * logged and counted: someone changed what no function may change.
 *
 * @param readHead reads the head, strongly consistent; undefined when nobody knows: then only anchors count
 * @param from where an earlier call stopped
 * @throws ANCHORS_UNAVAILABLE
 */
export async function verifyStream(
  deps: VerifyDependencies,
  stream: string,
  readHead: () => Promise<AuditHead | undefined>,
  deadline: Deadline,
  from?: WalkPosition,
): Promise<VerificationSoFar> {
  const head = await readHead();
  const { heads, through, brokenAnchor } = await deps.anchors.of(stream, deadline);
  const walked = await walkStream(deps.audit, new ChainWalk(stream, heads, from), stream, head, deadline);
  const { position, isCutOff } = walked;
  const first_break = walked.found ?? (isCutOff ? null : await endBreak(walked, head, readHead));
  if (first_break !== null) deps.log.write('AUDIT_BROKEN', { stream, ...first_break });
  if (brokenAnchor !== null) deps.log.write('AUDIT_ANCHOR_BROKEN', { ...brokenAnchor });
  const isWhole = first_break === null && brokenAnchor === null;
  if (!isWhole) deps.metrics.count('AuditBroken');
  const seq = Math.max(0, ...heads.map((anchored) => anchored.seq));
  return {
    verification: {
      stream,
      verified: isWhole && !isCutOff,
      entries: position.seq,
      first_break,
      anchored: { seq, through, broken_anchor: brokenAnchor },
    },
    next: isCutOff ? position : undefined,
  };
}

interface Walked {
  readonly position: WalkPosition;
  readonly found: AuditBreak | null;
  /** Whether time ran out before the stream did. */
  readonly isCutOff: boolean;
  /** Whether the entry that the head names is the one that was walked; undefined when it wasn't met. */
  readonly meetsHead: boolean | undefined;
}

async function walkStream(
  audit: AuditPages,
  walk: ChainWalk,
  stream: string,
  head: AuditHead | undefined,
  deadline: Deadline,
): Promise<Walked> {
  const { seq } = walk.position;
  let meetsHead = holds(walk.position, head);
  let after: number | undefined = seq === 0 ? BEFORE_ALL : seq;
  while (after !== undefined) {
    const { entries, lastSeq } = await audit.page(stream, after);
    for (const [index, stored] of entries.entries()) {
      const before = walk.position;
      const taken = walk.take(stored);
      if (taken !== null) {
        const rest = () => following(audit, stream, entries.slice(index + 1), lastSeq, deadline);
        const found = await nameBreak(taken, { before, stored, rest });
        return { position: before, found, isCutOff: false, meetsHead };
      }
      meetsHead ??= holds(walk.position, head);
    }
    after = lastSeq;
    if (after !== undefined && !deadline.allows(RESERVE_MS)) {
      return { position: walk.position, found: null, isCutOff: true, meetsHead };
    }
  }
  return { position: walk.position, found: walk.missedByAnchors(), isCutOff: false, meetsHead };
}

/** Whether a walk met the entry that a head names; undefined when it is elsewhere. */
function holds({ seq, hash }: WalkPosition, head: AuditHead | undefined): boolean | undefined {
  return seq === head?.audit_seq ? hash === head.audit_hash : undefined;
}

/** The rest of a stream, as long as there is time. */
async function* following(
  audit: AuditPages,
  stream: string,
  loaded: readonly unknown[],
  lastSeq: number | undefined,
  deadline: Deadline,
): AsyncIterable<unknown> {
  yield* loaded;
  let after = lastSeq;
  while (after !== undefined && deadline.allows(RESERVE_MS)) {
    const page = await audit.page(stream, after);
    yield* page.entries;
    after = page.lastSeq;
  }
}

/**
 * Holds the end of a stream against the head. More entries than it knows of are no break yet: one may have been appended
 * between the two reads, so they are held against the head as it is after them.
 */
async function endBreak(
  { position, meetsHead }: Walked,
  head: AuditHead | undefined,
  readHead: () => Promise<AuditHead | undefined>,
): Promise<AuditBreak | null> {
  if (head === undefined) return null;
  if (position.seq <= head.audit_seq) return breakAtEnd(position, head);
  if (meetsHead === false) return { seq: head.audit_seq, reason: 'edited' };
  const now = (await readHead()) ?? head;
  return position.seq < now.audit_seq ? null : breakAtEnd(position, now);
}
