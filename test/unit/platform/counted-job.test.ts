import { expect, it } from 'vitest';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';

const SCHEDULED = { source: 'aws.scheduler', 'detail-type': 'Scheduled Event' };

/** A job that takes 40 ms on a clock of its own. */
function job(run: () => string) {
  let nowMs = 1_000;
  const { metrics, counts } = createRecordingMetrics();
  const handler = countedJob({ clock: () => nowMs, metrics }, async (_event, _context: unknown) => {
    nowMs += 40;
    return run();
  });
  return { handler, counts };
}

it('counts a run that ended well, with how long it took, and hands on its answer', async () => {
  const { handler, counts } = job(() => 'done');
  expect(await handler(SCHEDULED, {})).toBe('done');
  expect(counts()).toEqual({ JobRan: 1, JobDurationMs: 40 });
});

it('counts a run that threw as failed, and lets the error through', async () => {
  const { handler, counts } = job(() => {
    throw new Error('no table');
  });
  await expect(handler(SCHEDULED, {})).rejects.toThrow('no table');
  expect(counts()).toEqual({ JobFailed: 1, JobDurationMs: 40 });
});

it('counts no batch of a queue or a stream: it is no run of the schedule', async () => {
  const { handler, counts } = job(() => 'done');
  expect(await handler({ Records: [] }, {})).toBe('done');
  expect(counts()).toEqual({});
});
