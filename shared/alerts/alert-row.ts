import { shardOf } from '#shared/platform/dynamo/shard-of.ts';
import { type Alert, alertSchema } from './alert.ts';

/** Partitions of the index of undelivered alerts; one would take 1,000 writes a second. */
export const UNDELIVERED_SHARDS = 4;

/**
 * How long an alert is kept: a year and a month, so that a month can be compared with the same of the year before. What
 * must be kept for longer is on audit streams, which nothing removes.
 */
const KEPT_DAYS = 400;
const DAY_SECONDS = 86_400;

/** The partition of gsi1 that lists all alerts, newest first by id. */
export const ALL_ALERTS = 'ALERTS';

/** Whether somebody has said of an alert that they look after it. */
export type AlertStatus = 'open' | 'acknowledged';

/** The partition of gsi3 that lists alerts of a severity that are open, or acknowledged, by id. */
export function attentionPartition(severity: Alert['severity'], status: AlertStatus): string {
  return `ALERTS#${severity}#${status}`;
}

/** The partition of gsi4 that lists alerts of a category, by id. */
export function categoryPartition(category: Alert['category']): string {
  return `ALERTS#${category}`;
}

/** The partition of an alert in the logs table. */
export function alertPartition(alertId: string): string {
  return `ALERT#${alertId}`;
}

/** The sort key of an alert itself. */
export const ALERT_ROW = 'ALERT';

/** The key of an alert in the logs table. */
export function alertKey(alertId: string) {
  return { pk: alertPartition(alertId), sk: ALERT_ROW };
}

/**
 * The key of a delivery: beside its alert.
 *
 * @param channel its name: see AlertChannel
 */
export function deliveryKey(alertId: string, channel: string) {
  return { pk: alertPartition(alertId), sk: `DELIVERY#${channel}` };
}

/** The key of what was told last of one thing. */
export function coolDownKey(dedupeKey: string) {
  return { pk: `ALERT_COOL_DOWN#${dedupeKey}`, sk: 'COOL_DOWN' };
}

/** The partition of a shard of undelivered alerts in gsi2. */
export function undeliveredShard(shard: number): string {
  return `UNDELIVERED_ALERTS#${shard}`;
}

/** Where an alert stands among the undelivered of its shard: by when something is to be done about it, in ISO 8601. */
export function undeliveredPosition(dueAt: string, alertId: string): string {
  return `${dueAt}#${alertId}`;
}

/** When a row that tells of that time expires, in seconds since the Unix epoch. */
export function expiryOf(at: string): number {
  return Math.floor(Date.parse(at) / 1_000) + KEPT_DAYS * DAY_SECONDS;
}

/**
 * The item of an alert. It is in gsi2, by when something is to be done about it, as long as a delivery of it is open: whoever ends
 * the last removes it from there in the write that says so, as with the outbox.
 *
 * @throws ZodError when it is no alert: a bug of the caller
 */
export function alertItem(alert: Alert) {
  const checked = alertSchema.parse(alert);
  return {
    ...alertKey(checked.id),
    ...checked,
    gsi1pk: ALL_ALERTS,
    gsi1sk: checked.id,
    gsi3pk: attentionPartition(checked.severity, 'open'),
    gsi3sk: checked.id,
    gsi4pk: categoryPartition(checked.category),
    gsi4sk: checked.id,
    gsi2pk: undeliveredShard(shardOf(checked.id, UNDELIVERED_SHARDS)),
    gsi2sk: undeliveredPosition(checked.occurred_at, checked.id),
    expires_at: expiryOf(checked.occurred_at),
  };
}
