import { createHash } from 'node:crypto';
import { type Alert, alertSchema } from './alert.ts';

/** Partitions of the index of undelivered alerts; one would take 1,000 writes a second. */
const UNDELIVERED_SHARDS = 4;

/**
 * How long an alert is kept: a year and a month, so that a month can be compared with the same of the year before. What
 * must be kept for longer is on audit streams, which nothing removes.
 */
const KEPT_DAYS = 400;
const DAY_SECONDS = 86_400;

/** The partition of gsi1 that lists all alerts, newest first by id. */
export const ALL_ALERTS = 'ALERTS';

/** The key of an alert in the logs table. Its deliveries come beside it. */
export function alertKey(alertId: string) {
  return { pk: `ALERT#${alertId}`, sk: 'ALERT' };
}

/** The partition of a shard of undelivered alerts in gsi2. */
function undeliveredShard(shard: number): string {
  return `UNDELIVERED_ALERTS#${shard}`;
}

/**
 * The item of an alert. It is in gsi2, oldest first, as long as nobody delivered it: whoever does removes it from there in
 * the write that says so, as with the outbox.
 *
 * @throws ZodError when it is no alert: a bug of the caller
 */
export function alertItem(alert: Alert) {
  const checked = alertSchema.parse(alert);
  const shard = createHash('sha256').update(checked.id).digest().readUInt8(0) % UNDELIVERED_SHARDS;
  return {
    ...alertKey(checked.id),
    ...checked,
    gsi1pk: ALL_ALERTS,
    gsi1sk: checked.id,
    gsi2pk: undeliveredShard(shard),
    gsi2sk: `${checked.occurred_at}#${checked.id}`,
    expires_at: Math.floor(Date.parse(checked.occurred_at) / 1_000) + KEPT_DAYS * DAY_SECONDS,
  };
}
