import { countedJob } from '#shared/platform/counted-job.ts';
import { lambdaContext } from '../fakes/api-request.ts';
import type { FakeClock } from '../fakes/fake-clock.ts';
import { createRecordingLog } from '../fakes/recording-log.ts';
import { createRecordingMetrics } from '../fakes/recording-metrics.ts';
import type { RunFigures, WorkFigures } from './chaos-figures.ts';
import { createFaultyNetwork, type RunNetwork } from './faulty-network.ts';

/** A job and its work, of which a test says how much there is. */
export interface ChaosWork {
  /** Asks for some more, as production does. */
  ask(): void;
  /** What the schedule calls each minute, in this order, by the name of the function. */
  readonly jobs: Readonly<Record<string, (network: RunNetwork['network']) => Promise<unknown>>>;
  readonly clock: FakeClock;
  readonly figures: () => WorkFigures;
}

/** What a run of chaos came to. */
export interface ChaosReport {
  readonly work: WorkFigures;
  readonly runs: readonly RunFigures[];
}

const MINUTE_MS = 60_000;
/** Afterwards only what waits for a later attempt is left, up to a day. */
const LATER_MS = 40 * MINUTE_MS;
/** By then all is at its end, or something never ends. */
const MAX_LATER_RUNS = 100;

/**
 * Has a job work for some minutes while more and more is asked of it, and on until all is at its end; all that time requests go wrong, and runs
 * are killed. Runs are counted by what counts them in production.
 *
 * @param minutes in each of which `ask` is called once
 */
export async function runChaos(work: ChaosWork, minutes: number, random: () => number): Promise<ChaosReport> {
  const jobs = Object.entries(work.jobs).map(([name, run]) => countedRuns(name, run, work.clock, random));
  for (let run = 0; run < minutes + MAX_LATER_RUNS; run += 1) {
    if (run < minutes) work.ask();
    else if (work.figures().open === 0) break;
    for (const job of jobs) await job.run();
    work.clock.advance(run < minutes ? MINUTE_MS : LATER_MS);
  }
  return { work: work.figures(), runs: jobs.map(({ figures }) => figures()) };
}

/** A job through a network of its own, whose runs are counted as in production: what a killed one counted, nobody hears. */
function countedRuns(job: string, work: ChaosWork['jobs'][string], clock: FakeClock, random: () => number) {
  const network = createFaultyNetwork(random);
  const total = createRecordingMetrics();
  let killed = 0;
  return {
    async run(): Promise<void> {
      const attempt = network.ofRun();
      const own = createRecordingMetrics();
      const parts = { clock: clock.now, log: createRecordingLog().log, metrics: own.metrics };
      const handler = countedJob(parts, () => work(attempt.network));
      // What failed is made up for by the next run.
      await handler({}, lambdaContext(MINUTE_MS)).catch(() => undefined);
      if (attempt.isKilled()) killed += 1;
      else
        for (const metric of ['JobRan', 'JobFailed'] as const) total.metrics.count(metric, own.counts()[metric] ?? 0);
    },
    figures: (): RunFigures => ({
      job,
      ran: total.counts().JobRan ?? 0,
      failed: total.counts().JobFailed ?? 0,
      killed,
      faults: network.counts,
    }),
  };
}
