import type { Clock } from '#shared/platform/clock.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import type { LabChain } from './lab-chain.ts';

/** What a test does as time passes. */
export interface TimeEvents {
  /** Told before each block, when the worker has seen all that the one before it brought. */
  readonly beforeBlock?: () => Promise<void>;
  /** Told after each block. */
  readonly onBlock?: () => Promise<void>;
}

/**
 * The time of a lane lab: it passes only while a driver sleeps, and the chain mines as it passes. A minute of blocks
 * takes a moment, and the same work makes the same calls in every run.
 */
export class LabTime {
  readonly #chain: LabChain;
  readonly #blockTimeMs: number;
  readonly #events: TimeEvents;
  #nowMs: number;
  #nextBlockMs: number;

  /**
   * @param startMs milliseconds since the Unix epoch; the first block comes a block time later
   * @param events what a test does as time passes
   */
  constructor(chain: LabChain, blockTimeMs: number, startMs: number, events: TimeEvents = {}) {
    this.#events = events;
    this.#chain = chain;
    this.#blockTimeMs = blockTimeMs;
    this.#nowMs = startMs;
    this.#nextBlockMs = startMs + blockTimeMs;
  }

  readonly clock: Clock = () => this.#nowMs;

  readonly sleep: Sleep = async (durationMs) => {
    const untilMs = this.#nowMs + durationMs;
    while (this.#nextBlockMs <= untilMs) {
      this.#nowMs = this.#nextBlockMs;
      this.#nextBlockMs += this.#blockTimeMs;
      await this.#events.beforeBlock?.();
      await this.#chain.mine(this.#nowMs);
      await this.#events.onBlock?.();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  };

  /** Lets time pass in which no block comes: a process that died gives its message back later. */
  skip(durationMs: number): void {
    this.#nowMs += durationMs;
    this.#nextBlockMs += durationMs;
  }
}
