import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { type DeliverAlertsDependencies, deliverAlerts } from '#shared/alerts/delivery/deliver-alerts.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;
/** Alerts that one run of the schedule takes from each shard, those that are due the longest first. */
const SCHEDULE_BATCH_PER_SHARD = 500;

const recordSchema = z.object({ dynamodb: z.object({ Keys: z.object({ pk: z.object({ S: z.string() }) }) }) });
const streamSchema = z.object({ Records: z.array(z.unknown()) });

/**
 * Makes the function that tells alerts. Woken by the stream of the table, it works the alerts that were just recorded; woken by
 * the schedule, all about which something is due. What a call comes to is in the rows: a failed one is no failure of the run.
 */
export function createHandler(deps: DeliverAlertsDependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const stream = streamSchema.safeParse(event);
    const ids = stream.success
      ? stream.data.Records.flatMap((record) => alertIdOf(deps, record))
      : await deps.store.due(deps.clock(), SCHEDULE_BATCH_PER_SHARD);
    await deliverAlerts(deps, [...new Set(ids)], deadline);
  };
}

function alertIdOf({ log }: DeliverAlertsDependencies, record: unknown): string[] {
  const pk = recordSchema.safeParse(record).data?.dynamodb.Keys.pk.S ?? '';
  if (pk.startsWith('ALERT#')) return [pk.slice('ALERT#'.length)];
  // To throw would have the stream bring it again and again; the schedule finds the alert all the same.
  log.write('ALERT_WAKE_UNREADABLE');
  return [];
}
