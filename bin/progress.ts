import type { Clock } from '#shared/platform/clock.ts';
import type { Output } from './output.ts';

/** How far a run is. */
export interface Standing {
  /** Of what there is to do, in any unit. */
  readonly done: number;
  readonly total: number;
  /** What was settled in this run, in what a person counts: rows or wallets. */
  readonly settled: number;
}

/** A terminal is redrawn this often; a log that is kept gets a line less often. */
const TERMINAL_EVERY_MS = 250;
const LINES_EVERY_MS = 5_000;

/**
 * Tells how far a run is, how fast, and how long it will take. The rate is that of this run, from its beginning: what an
 * earlier run did is passed over in a moment, and says nothing of the time that is left.
 */
export class Progress {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #look: () => Standing;
  readonly #unit: string;
  #startedAtMs: number;
  #startedAt: number | undefined;
  #saidAtMs: number;

  /** @param look asked when something is said */
  constructor(output: Output, unit: string, look: () => Standing, clock: Clock) {
    this.#output = output;
    this.#unit = unit;
    this.#look = look;
    this.#clock = clock;
    this.#startedAtMs = clock();
    this.#saidAtMs = this.#startedAtMs;
  }

  /** To be called whenever something is settled; says something now and then. */
  tick(): void {
    const now = this.#clock();
    if (this.#startedAt === undefined) {
      this.#startedAt = this.#look().done;
      this.#startedAtMs = now;
    }
    if (now - this.#saidAtMs < (this.#output.isTerminal ? TERMINAL_EVERY_MS : LINES_EVERY_MS)) return;
    this.#saidAtMs = now;
    this.#output.progress(progressLine(this.#look(), this.#unit, now - this.#startedAtMs, this.#startedAt));
  }
}

/**
 * One line: how far, how fast, how long still.
 *
 * @param elapsedMs of this run
 * @param startedAt what was done when it began
 */
export function progressLine(
  { done, total, settled }: Standing,
  unit: string,
  elapsedMs: number,
  startedAt: number,
): string {
  const perSecond = elapsedMs === 0 ? 0 : (settled * 1_000) / elapsedMs;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const leftMs = done > startedAt ? ((total - done) * elapsedMs) / (done - startedAt) : undefined;
  const left = leftMs === undefined ? '' : `, about ${duration(leftMs)} left`;
  return `  ${(share * 100).toFixed(0).padStart(3)} %  ${settled} ${unit}, ${perSecond.toFixed(perSecond < 10 ? 1 : 0)} a second${left}`;
}

/** A duration for people. */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
