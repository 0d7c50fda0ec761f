import type { Context } from 'aws-lambda';
import { type MonitorDependencies, runMonitors } from '#shared/monitors/run-monitors.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 2_000;

/** Makes the monitor: woken by the schedule, it looks at everything that is watched, and tells what changed. */
export function createHandler(deps: MonitorDependencies) {
  return async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    await runMonitors(deps, Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock));
  };
}
