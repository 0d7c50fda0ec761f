import { expect, it } from 'vitest';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';

const SCHEDULED = { source: 'aws.scheduler', 'detail-type': 'Scheduled Event' };

/** A job that takes 40 ms on a clock of its own. */
function job(run: () => string) {
  let nowMs = 1_000;
  const { metrics, counts } = createRecordingMetrics();
  const { log, of } = createRecordingLog();
  const handler = countedJob({ clock: () => nowMs, log, metrics }, async (_event, _context: unknown) => {
    nowMs += 40;
    return run();
  });
  return { handler, counts, failures: () => of('JOB_FAILED') };
}

it('counts a run that ended well, with how long it took, and hands on its answer', async () => {
  const { handler, counts } = job(() => 'done');
  expect(await handler(SCHEDULED, {})).toBe('done');
  expect(counts()).toEqual({ JobRan: 1, JobDurationMs: 40 });
});

it('counts a run that threw as failed, says so in the log, and lets the error through', async () => {
  const { handler, counts, failures } = job(() => {
    throw new Error('no table');
  });
  await expect(handler(SCHEDULED, {})).rejects.toThrow('no table');
  expect(counts()).toEqual({ JobFailed: 1, JobDurationMs: 40 });
  expect(failures()).toMatchObject([{ kept_as: 'error', error: { message: 'no table' } }]);
});

it('counts no batch of a queue or a stream: it is no run of the schedule', async () => {
  const { handler, counts } = job(() => 'done');
  expect(await handler({ Records: [] }, {})).toBe('done');
  expect(counts()).toEqual({});
});

it('says of a batch that threw so in the log', async () => {
  const { handler, counts, failures } = job(() => {
    throw new Error('no table');
  });
  await expect(handler({ Records: [] }, {})).rejects.toThrow('no table');
  expect(counts()).toEqual({});
  expect(failures()).toHaveLength(1);
});
