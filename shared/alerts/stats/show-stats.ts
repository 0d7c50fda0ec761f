import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dayOf } from '#shared/audit/index-attributes.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import { STATS_SHARDS, statsKey } from './alert-counts.ts';
import { type AlertStats, type Counts, MAX_STATS_DAYS, statsOf, summed } from './stats-view.ts';

const DAY_MS = 86_400_000;
/** Where no day is named. */
const DEFAULT_DAYS = 7;

/** What showing statistics needs. */
export interface StatsDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly logs: string };
  readonly clock: Clock;
}

/**
 * Shows statistics of some days, from counts that are written with what they count: eight rows a day, whatever happened.
 *
 * @throws INVALID_PARAMETER when the days are none, too many, or the wrong way round
 */
export async function showStats(
  { client, tables, clock }: StatsDependencies,
  query: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<AlertStats> {
  const to = query.to ?? (query.from === undefined ? dayOf(isoTime(clock())) : undefined);
  const days = daysBetween(query.from, to);
  const keys = days.flatMap((day) => Array.from({ length: STATS_SHARDS }, (_, shard) => statsKey(day, shard)));
  const rows = await batchGet(client, tables.logs, keys);
  const byDay = Map.groupBy(rows, ({ pk }) => pk);
  return statsOf(days.map((day) => [day, summed((byDay.get(statsKey(day, 0).pk) ?? []).map(countsIn))] as const));
}

function daysBetween(from: string | undefined, to: string | undefined): readonly string[] {
  const fromMs = from === undefined ? undefined : Date.parse(from);
  const lastMs = to === undefined ? (fromMs ?? 0) + (DEFAULT_DAYS - 1) * DAY_MS : Date.parse(to);
  const firstMs = fromMs ?? lastMs - (DEFAULT_DAYS - 1) * DAY_MS;
  const count = Math.round((lastMs - firstMs) / DAY_MS) + 1;
  if (Number.isNaN(count)) throw fieldError('INVALID_PARAMETER', 'query', 'must name days that there are');
  if (count < 1) throw fieldError('INVALID_PARAMETER', 'query.to', 'must not be before from');
  if (count > MAX_STATS_DAYS)
    throw fieldError('INVALID_PARAMETER', 'query.to', `must be within ${MAX_STATS_DAYS} days`);
  return Array.from({ length: count }, (_, index) => dayOf(isoTime(firstMs + index * DAY_MS)));
}

function countsIn(row: Readonly<Record<string, unknown>>): Counts {
  const counts = Object.entries(row).filter(([name]) => name.includes('|'));
  return new Map(counts.flatMap(([name, count]) => (typeof count === 'number' ? [[name, count] as const] : [])));
}
