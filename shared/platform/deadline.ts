import type { Clock } from './clock.ts';

/**
 * Until when a piece of work may go on. Made once at the border (request or Lambda invocation) and handed down, so
 * that no inner time-out outlives the outer one.
 */
export class Deadline {
  readonly #atMs: number;
  readonly #clock: Clock;

  constructor(atMs: number, clock: Clock) {
    this.#atMs = atMs;
    this.#clock = clock;
  }

  /**
   * A deadline that many milliseconds from now.
   *
   * @param durationMs from now
   */
  static in(durationMs: number, clock: Clock): Deadline {
    return new Deadline(clock() + durationMs, clock);
  }

  /** Milliseconds left; never negative. */
  remainingMs(): number {
    return Math.max(0, this.#atMs - this.#clock());
  }

  /** Whether at least that many milliseconds are left. */
  allows(durationMs: number): boolean {
    return this.remainingMs() >= durationMs;
  }

  /**
   * The sooner of this deadline and a limit of its own, in milliseconds from now; at least 1, as timers want.
   *
   * @param limitMs the limit of the inner call
   */
  capMs(limitMs: number): number {
    return Math.max(1, Math.min(limitMs, this.remainingMs()));
  }
}
