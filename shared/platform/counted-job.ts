import type { Clock } from './clock.ts';
import type { Log } from './log/logger.ts';
import type { Metrics } from './metrics.ts';

/** What counting the runs of a job needs. */
export interface CountedJobParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Counts the runs of a function that a schedule calls: `JobRan` for each that ended well, `JobFailed` for each that threw, and how long it
 * took. One that was killed counts as neither, so an alarm on too few `JobRan` hears of it (lib/constructs/minute-schedule.ts). Batches of
 * queues and streams, which wake the same functions between the runs of their schedules, are no runs. Whatever throws is said in the log (`JOB_FAILED`), which is
 * what operators are shown of it.
 *
 * @param handler what the schedule calls
 */
export function countedJob<Context, Answer>(
  { clock, log, metrics }: CountedJobParts,
  handler: (event: unknown, context: Context) => Promise<Answer>,
): (event: unknown, context: Context) => Promise<Answer> {
  return async (event, context) => {
    const run = async () => {
      try {
        return await handler(event, context);
      } catch (error) {
        log.write('JOB_FAILED', { error });
        throw error;
      }
    };
    if (isBatch(event)) return await run();
    const startedMs = clock();
    let outcome: 'JobRan' | 'JobFailed' = 'JobFailed';
    try {
      const answer = await run();
      outcome = 'JobRan';
      return answer;
    } finally {
      metrics.count(outcome);
      metrics.count('JobDurationMs', clock() - startedMs);
    }
  };
}

/** Whether an event comes from a queue or a stream, and not from a schedule. */
export function isBatch(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'Records' in event;
}
