import type { Context } from 'aws-lambda';
import { type DeliverAlertsDependencies, deliverAlerts } from '#shared/alerts/delivery/deliver-alerts.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { wokenIds } from '#shared/platform/dynamo/stream-keys.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;
/** Alerts that one run of the schedule takes from each shard, those that are due the longest first. */
const SCHEDULE_BATCH_PER_SHARD = 500;

/**
 * Makes the function that tells alerts. Woken by the stream of the table, it works the alerts that were just recorded; woken by
 * the schedule, all about which something is due. What a call comes to is in the rows: a failed one is no failure of the run.
 */
export function createHandler(deps: DeliverAlertsDependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const woken = wokenIds(event, 'ALERT#', () => deps.log.write('ALERT_WAKE_UNREADABLE'));
    const ids = woken ?? (await deps.store.due(deps.clock(), SCHEDULE_BATCH_PER_SHARD));
    await deliverAlerts(deps, [...new Set(ids)], deadline);
  };
}
