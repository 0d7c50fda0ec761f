import type { Sleep } from '#shared/platform/retry.ts';
import type { FakeClock } from './fake-clock.ts';

/** A sleep that returns at once and keeps how long it was asked to wait. */
export interface RecordingSleep {
  readonly sleep: Sleep;
  /** Milliseconds of each wait, in order. */
  readonly waitsMs: readonly number[];
}

/**
 * Makes a sleep that does not wait.
 *
 * @param clock moved on by each wait, if given
 */
export function createRecordingSleep(clock?: FakeClock): RecordingSleep {
  const waitsMs: number[] = [];
  return {
    waitsMs,
    sleep: async (durationMs) => {
      waitsMs.push(durationMs);
      clock?.advance(durationMs);
    },
  };
}
