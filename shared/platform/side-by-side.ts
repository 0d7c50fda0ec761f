import { type Clock, systemClock } from './clock.ts';
import { type Sleep, sleep } from './retry.ts';

/** How fast work may be done. */
export interface Pace {
  /** How many pieces are worked on at once. */
  readonly concurrency: number;
  /** How many may begin in a second. */
  readonly perSecond: number;
}

/**
 * Works through a source, several pieces at once and no faster than allowed. The source is asked for a piece only when
 * somebody is free for it, so that memory holds no more of it than that. After a failure no other piece is begun; those that
 * are under way are finished first.
 *
 * @param isFree whether a piece takes nothing, and so needs not wait
 * @throws the first failure
 */
export async function sideBySide<T>(
  source: AsyncIterable<T>,
  work: (piece: T) => Promise<void>,
  pace: Pace,
  isFree: (piece: T) => boolean = () => false,
  clock: Clock = systemClock,
  wait: Sleep = sleep,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  const failures: unknown[] = [];
  let nextAtMs = clock();

  async function takeTurn(): Promise<void> {
    const now = clock();
    const atMs = Math.max(now, nextAtMs);
    nextAtMs = atMs + 1_000 / pace.perSecond;
    if (atMs > now) await wait(atMs - now);
  }

  async function worker(): Promise<void> {
    while (failures.length === 0) {
      try {
        const next = await iterator.next();
        if (next.done === true) return;
        if (!isFree(next.value)) await takeTurn();
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  }

  await Promise.all(Array.from({ length: pace.concurrency }, worker));
  if (failures.length === 0) return;
  await iterator.return?.();
  throw failures[0];
}
