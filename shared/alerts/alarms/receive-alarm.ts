import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { recordAlert, reportAlert } from '../record-alert.ts';
import { type AlarmEvent, alertOfAlarm } from './alarm-event.ts';

/** What receiving changes of alarms needs. */
export interface ReceiveAlarmDependencies {
  readonly client: DynamoDBDocumentClient;
  /** Needs the right to put alerts. */
  readonly tables: { readonly logs: string };
  /** The prefix of the stage's names: `haven-production-`. */
  readonly prefix: string;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Records the alert that a change of an alarm's state is worth. EventBridge may bring an event twice: the alert's id comes from the event's,
 * so it is recorded once.
 *
 * @throws DATABASE_ERROR when it is not on record; the event comes again
 */
export async function receiveAlarm(
  deps: ReceiveAlarmDependencies,
  event: AlarmEvent,
  deadline: Deadline,
): Promise<void> {
  const facts = { alarm: event.detail.alarmName, state: event.detail.state.value };
  const alert = alertOfAlarm(event, deps.prefix);
  if (alert === undefined) {
    deps.log.write('ALARM_NOT_TOLD', facts);
    return;
  }
  const write = new WriteTransaction();
  recordAlert(write, deps.tables, alert, { onKnown: () => new Raced('It is on record') });
  try {
    await write.commit(deps.client, deadline);
  } catch (error) {
    if (!(error instanceof Raced)) throw error;
    deps.log.write('ALARM_KNOWN', { ...facts, alert_id: alert.id });
    return;
  }
  reportAlert(deps, alert);
}
