import { dayOf } from '#shared/audit/index-attributes.ts';
import { hasEnded } from '#shared/platform/delivery/delivery.ts';
import type { AlertFile } from '../delivery/alert-file.ts';

import { latencyBucket } from './latency-buckets.ts';

/** Rows that count the alerts of one day, so that those who count at once seldom wait for each other. */
export const STATS_SHARDS = 8;

/** The key of a row of counts. */
export function statsKey(day: string, shard: number) {
  return { pk: `ALERT_STATS#${day}`, sk: `SHARD#${shard}` };
}

/** Between the words of a count's name. No name of a channel has one. */
const SEPARATOR = '|';

/** A count by its words: `told|CRITICAL|key_access`, `held_back|INFO|alarm`, `delivered|email`, `given_up|email`, `latency|email|12`. */
export function countName(...words: readonly (string | number)[]): string {
  return words.join(SEPARATOR);
}

/** The words of a count's name. */
export function countWords(name: string): readonly string[] {
  return name.split(SEPARATOR);
}

/** The day that an alert and its deliveries are counted for: its own, whenever they end. */
export function countedDay({ alert }: AlertFile): string {
  return dayOf(alert.occurred_at);
}

/**
 * What a change of an alert adds to the counts of its day: the alert once it is judged, each delivery once it ended. Those to a channel that was taken
 * away are no failures, and not counted.
 */
export function countsOf(before: AlertFile, after: AlertFile): readonly string[] {
  const { alert } = after;
  const judged = alert.is_judged && !before.alert.is_judged;
  const kind = alert.told_status === 'held_back' ? 'held_back' : 'told';
  const ended = after.deliveries.filter(
    (delivery) =>
      hasEnded(delivery) &&
      delivery.last_error !== 'channel_removed' &&
      !before.deliveries.some((known) => known.channel === delivery.channel && hasEnded(known)),
  );
  return [
    ...(judged ? [countName(kind, alert.severity, alert.category)] : []),
    ...ended.flatMap(({ channel, status, ended_at, held_until }) => {
      if (status !== 'delivered') return [countName('given_up', channel)];
      const dueMs = Math.max(Date.parse(alert.occurred_at), Date.parse(held_until ?? alert.occurred_at));
      const latencyMs = Date.parse(ended_at ?? alert.occurred_at) - dueMs;
      return [countName('delivered', channel), countName('latency', channel, latencyBucket(latencyMs))];
    }),
  ];
}
