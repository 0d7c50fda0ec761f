import type { Clock } from '#shared/platform/clock.ts';

/** When tests happen unless they say otherwise: milliseconds since the Unix epoch. */
export const TEST_NOW_MS = Date.parse('2026-11-21T18:30:00.000Z');

/** A clock that stands still until a test moves it. */
export interface FakeClock {
  readonly now: Clock;
  /** Moves on by that many milliseconds. */
  advance(durationMs: number): void;
}

/**
 * Makes a clock that stands still.
 *
 * @param startMs milliseconds since the Unix epoch
 */
export function createFakeClock(startMs: number = TEST_NOW_MS): FakeClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance(durationMs) {
      nowMs += durationMs;
    },
  };
}
