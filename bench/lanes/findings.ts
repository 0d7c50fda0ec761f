import type { BundleTimes } from './bundle-times.ts';
import type { LaneFigures } from './figures.ts';
import type { OperationCounts } from './operation-counts.ts';
import type { StepFigures } from './step-times.ts';
import type { StorePace } from './store-pace.ts';
import type { Verdict } from './verdict.ts';

/** Where the driver's time went, with so many transfers at once. */
export interface DriverSteps {
  readonly atOnce: number;
  readonly steps: readonly StepFigures[];
}

/** What came of racing on a chain that works. */
export interface RaceFindings {
  readonly figures: readonly LaneFigures[];
  readonly verdicts: readonly Verdict[];
  readonly driverSteps: readonly DriverSteps[];
}

/** What came of one contender's transfers through such a node. */
export interface FaultVerdict extends Verdict {
  /** From the first transfer asked for until the last one was confirmed or given up, of the slowest account. */
  readonly tookMs: number;
  /** Failures that nobody could catch (unhandled rejections): each ends a Node process that is set up as Node comes. */
  readonly crashes: number;
}

/** What came of sending to a node that fails now and then. */
export interface FaultFindings {
  /** Requests that met no answer, of a hundred. */
  readonly faultPercent: number;
  /** Of each contender; each account sends so many waves of so many transfers at once. */
  readonly accounts: number;
  readonly waves: number;
  readonly atOnce: number;
  readonly verdicts: readonly FaultVerdict[];
}

/** Everything the bench of lanes found. */
export interface LanesFindings extends RaceFindings, BundleTimes {
  readonly rounds: number;
  readonly faults: FaultFindings;
  readonly counts: readonly OperationCounts[];
  readonly pace: StorePace;
}
