import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { dayOf } from '../index-attributes.ts';
import type { AnchorBucket } from './anchor-bucket.ts';
import type { ChangedHeads } from './changed-heads.ts';
import {
  DIGEST_PREFIX,
  type Digest,
  digestHash,
  digestKey,
  digestNumber,
  partKey,
  partsOf,
  type SignedDigest,
  signedDigestSchema,
} from './digest.ts';
import type { SignDigest } from './digest-signer.ts';

const DAY_MS = 86_400_000;
/**
 * Time that is anchored once more with the next anchor, so that an entry whose writer's clock was behind, or that came
 * into the index late, is anchored nevertheless. To be anchored twice does no harm.
 */
const OVERLAP_MS = 3_600_000;
/** How far back the first anchor of a stage looks for entries. */
const FIRST_LOOK_BACK_DAYS = 35;
/** Puts at once. */
const CONCURRENT_PUTS = 8;

/** What anchoring needs. */
export interface AnchorDependencies {
  readonly stage: string;
  readonly heads: ChangedHeads;
  readonly bucket: AnchorBucket;
  readonly sign: SignDigest;
  /** How long an entry may take from its time until it is in the index; what is younger isn't anchored yet. */
  readonly settleMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Writes every anchor that is due: one for each day that has ended and, when asked, one up to now. Each continues where
 * the last one ended, so that a missed run is made up for. Run twice, at once, or cut off at any point, it makes the
 * same anchors: whose number is taken already gives way to the one that took it.
 *
 * @param untilNow whether to anchor what today has had so far, too
 * @returns how many were written
 * @throws Error when the last anchor can't be read; whatever AWS refuses
 */
export async function writeAnchors(deps: AnchorDependencies, untilNow: boolean, deadline: Deadline): Promise<number> {
  // Once: time goes on while anchors are written, and there would always be some more to anchor.
  const settled = isoTime(deps.clock() - deps.settleMs);
  let last = await lastDigest(deps);
  let from = last?.through ?? (await beginning(deps));
  let written = 0;
  for (;;) {
    const through = nextEnd(from, settled, untilNow);
    if (through === undefined) break;
    if (!deadline.allows(1)) throw new Error(`No time to anchor what is after ${from}`);
    const { digest, isOurs } = await writeNext(deps, last, from, through);
    if (isOurs) {
      written += 1;
      deps.log.write('AUDIT_ANCHORED', { number: digest.number, through: digest.through, streams: digest.streams });
      deps.metrics.count('AuditAnchored');
    }
    last = digest;
    from = digest.through;
  }
  deps.metrics.count('AuditAnchorsCurrent');
  return written;
}

/**
 * Where the next anchor must end; undefined when none is due.
 *
 * @param settled what is older is in the index
 */
function nextEnd(from: string, settled: string, untilNow: boolean): string | undefined {
  const midnight = isoTime(Date.parse(dayOf(from)) + DAY_MS);
  if (midnight <= settled) return midnight;
  return untilNow && from < settled ? settled : undefined;
}

async function writeNext(
  { stage, heads, bucket, sign, clock }: AnchorDependencies,
  last: Digest | undefined,
  from: string,
  through: string,
): Promise<{ readonly digest: Digest; readonly isOurs: boolean }> {
  const changed = await heads.between(isoTime(Date.parse(from) - OVERLAP_MS), through);
  const { partBits, parts } = partsOf(changed);
  for (let start = 0; start < parts.length; start += CONCURRENT_PUTS) {
    const some = parts.slice(start, start + CONCURRENT_PUTS);
    // One that is there has the same content.
    await Promise.all(some.map(({ sha256, text }) => bucket.putIfAbsent(partKey(sha256), text)));
  }
  const number = (last?.number ?? 0) + 1;
  const signed = await sign({
    version: 1,
    stage,
    number,
    from,
    through,
    anchored_at: isoTime(clock()),
    previous: last === undefined ? null : digestHash(last),
    streams: changed.length,
    part_bits: partBits,
    parts: parts.map(({ part, sha256 }) => ({ part, sha256 })),
  });
  // Last, so that a digest is never without its parts.
  const isOurs = await bucket.putIfAbsent(digestKey(number), `${JSON.stringify(signed)}\n`);
  return { digest: isOurs ? signed.digest : await readDigest(bucket, number), isOurs };
}

async function lastDigest({ bucket }: AnchorDependencies): Promise<Digest | undefined> {
  const numbers = (await bucket.keys(DIGEST_PREFIX)).flatMap((key) => digestNumber(key) ?? []);
  return numbers.length === 0 ? undefined : readDigest(bucket, Math.max(...numbers));
}

async function readDigest(bucket: AnchorBucket, number: number): Promise<Digest> {
  const signed = parseSigned(await bucket.get(digestKey(number)));
  if (signed?.digest.number !== number) throw new Error(`Anchor ${number} can't be read`);
  return signed.digest;
}

/** An anchor from its text; undefined when it is none. */
export function parseSigned(text: string | undefined): SignedDigest | undefined {
  try {
    return text === undefined ? undefined : signedDigestSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Where the first anchor of a stage begins: with its first day. */
async function beginning({ heads, clock }: AnchorDependencies): Promise<string> {
  const today = Date.parse(dayOf(isoTime(clock())));
  const days = Array.from({ length: FIRST_LOOK_BACK_DAYS }, (_, index) =>
    dayOf(isoTime(today - (FIRST_LOOK_BACK_DAYS - 1 - index) * DAY_MS)),
  );
  return `${(await heads.firstDay(days)) ?? dayOf(isoTime(today))}T00:00:00.000Z`;
}
