import { HOLD_SECONDS } from '#shared/platform/aws/message-hold.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import type { LaneKicker } from '#shared/transactions/lane/kick.ts';
import type { LaneKey } from '#shared/transactions/lane/lane.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import { CONFIRM_TIMEOUT_MS, nowMs } from './contender.ts';

/** What the lane worker's function has: 30 s, less its margin. */
const RUN_MS = 27_000;

/** Works one lane in this process, as the kick queue and the lane worker do: one driver at a time, and no kick is lost. */
export interface LocalLaneWorker {
  readonly kicker: LaneKicker;
  /** Waits until nothing is left to do, or the time is up. Rejects when the last run of the driver failed. */
  rest(): Promise<void>;
}

/**
 * Makes the worker of one lane.
 *
 * @param timeoutMs from now on; no run begins after it
 */
export function createLocalLaneWorker(
  lanes: LaneDependencies,
  lane: LaneKey,
  timeoutMs = CONFIRM_TIMEOUT_MS,
): LocalLaneWorker {
  const until = nowMs() + timeoutMs;
  let kicked = false;
  let running: Promise<void> | undefined;
  let failure: unknown;

  /** One run of the worker's function. Returns whether another is due. */
  async function run(): Promise<boolean> {
    try {
      const ended = await driveLane(lanes, lane, 'bench', Deadline.in(RUN_MS, systemClock));
      failure = undefined;
      if (ended.kind === 'due') await lanes.sleep(ended.inMs);
      return ended.kind !== 'rest';
    } catch (error) {
      failure = error;
      // The queue gives the kick to the next run once nobody holds it.
      await lanes.sleep(HOLD_SECONDS * 1000);
      return true;
    }
  }

  async function work(): Promise<void> {
    do {
      kicked = false;
      if (await run()) kicked = true;
    } while (kicked && nowMs() < until);
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
