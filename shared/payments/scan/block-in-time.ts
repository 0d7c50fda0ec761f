import type { ReadHead } from './scan-cursor.ts';

/** Gives blocks of one chain; a height that it hasn't reached is absent. */
export type GetHeads = (numbers: readonly number[]) => Promise<ReadonlyMap<number, ReadHead>>;

/** Blocks asked for at once: three requests find a block among 30,000. */
const AT_ONCE = 32;
/** How far back the first look goes, in blocks; each further one as far again. */
const FIRST_STEP = 32;

/**
 * The last block up to a time.
 *
 * @param untilMs milliseconds since the Unix epoch
 * @param last a block that is later
 * @returns undefined: the chain began later
 */
export async function lastBlockUntil(
  untilMs: number,
  last: ReadHead,
  getHeads: GetHeads,
): Promise<ReadHead | undefined> {
  const isInTime = ({ timestampSeconds }: ReadHead) => timestampSeconds * 1_000 <= untilMs;
  if (isInTime(last)) return last;
  let late = last;
  let step = FIRST_STEP;
  for (;;) {
    const from = Math.max(0, late.number - step);
    const known = [...(await getHeads(spread(from, late.number))).values()].toSorted((a, b) => a.number - b.number);
    const early = known.findLast(isInTime);
    late = known.find((block) => !isInTime(block)) ?? late;
    if (early !== undefined && early.number < late.number) return between(early, late, isInTime, getHeads);
    if (from === 0) return undefined;
    step *= AT_ONCE;
  }
}

async function between(
  early: ReadHead,
  late: ReadHead,
  isInTime: (block: ReadHead) => boolean,
  getHeads: GetHeads,
): Promise<ReadHead> {
  if (late.number - early.number <= 1) return early;
  const known = [...(await getHeads(spread(early.number + 1, late.number))).values()];
  const inTime =
    known
      .filter(isInTime)
      .toSorted((a, b) => a.number - b.number)
      .at(-1) ?? early;
  const after = known.filter((block) => !isInTime(block)).toSorted((a, b) => a.number - b.number)[0] ?? late;
  return between(inTime, after, isInTime, getHeads);
}

/** Heights from one up to before another, evenly spread, the first among them. */
function spread(from: number, before: number): readonly number[] {
  const step = Math.max(1, Math.ceil((before - from) / AT_ONCE));
  return Array.from({ length: Math.ceil((before - from) / step) }, (_, index) => from + index * step);
}
