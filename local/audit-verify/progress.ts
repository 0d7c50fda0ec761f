import type { Clock } from '#shared/platform/clock.ts';

/** How often progress is shown. */
const EVERY_MS = 1_000;

/**
 * Shows how far a walk is, how fast, and how long it will take.
 *
 * @param total streams in all
 * @param before those that an earlier run has done
 * @param show by default a line on standard output
 */
export function createProgress(
  total: number,
  before: number,
  clock: Clock,
  show: (line: string) => void = (line) => console.log(line),
): (done: number) => void {
  const startMs = clock();
  let shownMs = startMs;
  return (done) => {
    const nowMs = clock();
    if (nowMs - shownMs < EVERY_MS && done < total) return;
    shownMs = nowMs;
    const perSecond = ((done - before) / Math.max(1, nowMs - startMs)) * 1_000;
    const leftSeconds = Math.ceil((total - done) / Math.max(perSecond, 0.001));
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    show(`  ${done} of ${total} streams (${percent} %), ${perSecond.toFixed(0)} a second, ${leftSeconds} s left`);
  };
}
