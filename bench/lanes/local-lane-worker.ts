import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import type { LaneKicker } from '#shared/transactions/lane/kick.ts';
import type { LaneKey } from '#shared/transactions/lane/lane.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';

/** What the lane worker's function has: 30 s, less its margin. */
const RUN_MS = 27_000;

/** Works one lane in this process, as the kick queue and the lane worker do: one driver at a time, and no kick is lost. */
export interface LocalLaneWorker {
  readonly kicker: LaneKicker;
  /** Waits until nothing is left to do. Rejects when the driver failed. */
  rest(): Promise<void>;
}

/** Makes the worker of one lane. */
export function createLocalLaneWorker(lanes: LaneDependencies, lane: LaneKey): LocalLaneWorker {
  let kicked = false;
  let running: Promise<void> | undefined;
  let failure: unknown;

  async function work(): Promise<void> {
    try {
      do {
        kicked = false;
        const run = await driveLane(lanes, lane, 'bench', Deadline.in(RUN_MS, systemClock));
        if (run.kind === 'due') await lanes.sleep(run.inMs);
        if (run.kind !== 'rest') kicked = true;
      } while (kicked);
    } catch (error) {
      failure = error;
    }
    // In the same turn as the last look at `kicked`, so that no kick falls in between.
    running = undefined;
  }

  async function kick(): Promise<void> {
    kicked = true;
    running ??= work();
  }

  return {
    kicker: { kick, pass: kick, wake: kick },
    async rest() {
      while (running !== undefined) await running;
      if (failure !== undefined) throw failure;
    },
  };
}
