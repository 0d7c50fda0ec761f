/** What became of all of the work that was asked of a job. */
export interface WorkFigures {
  /** What was asked. */
  readonly asked: number;
  /** Done by the first attempt. */
  readonly atOnce: number;
  /** Done by a later one. */
  readonly onRetry: number;
  /** Given up by the rules, which somebody was told of, or finds on record as failed. */
  readonly toldOf: number;
  /** Not yet at its end. */
  readonly open: number;
}

/** Runs of a job, as it counts them itself: `JobRan`, `JobFailed`, `JobDurationMs` (docs/operations.md). */
export interface RunFigures {
  readonly job: string;
  readonly ran: number;
  readonly failed: number;
  /** Counted by nobody: who is killed says nothing. */
  readonly killed: number;
  /** What was made to go wrong, and how often. */
  readonly faults: Readonly<Record<string, number>>;
}

/** A share of all that was asked, as people read it. */
const percent = (part: number, of: number) => `${((100 * part) / of).toFixed(2)} %`;

/** What was asked and neither done, nor told of, nor still open. */
export function lostOf({ asked, atOnce, onRetry, toldOf, open }: WorkFigures): number {
  return asked - atOnce - onRetry - toldOf - open;
}

/** The share of what was asked that was done. */
export function successOf({ asked, atOnce, onRetry }: WorkFigures): number {
  return (atOnce + onRetry) / asked;
}

/** How often what went wrong, for people. */
export function faultsInWords(faults: Readonly<Record<string, number>>): string {
  return Object.entries(faults)
    .map(([fault, times]) => `${times} ${fault}`)
    .join(', ');
}

/** All figures of a run of chaos, in a line or two for people. */
export function inWords(what: string, work: WorkFigures, runs: readonly RunFigures[]): string {
  const { asked, atOnce, onRetry, toldOf, open } = work;
  return [
    `${what}: ${asked} asked; ${percent(atOnce + onRetry, asked)} done (${atOnce} at once, ${onRetry} on retry), ${toldOf} given up and told of, ${open} open, ${lostOf(work)} lost`,
    ...runs.map(
      ({ job, ran, failed, killed, faults }) =>
        `  ${job}: ${ran + failed + killed} runs, ${ran} ended well, ${failed} failed, ${killed} killed; ${faultsInWords(faults)}`,
    ),
  ].join('\n  ');
}
