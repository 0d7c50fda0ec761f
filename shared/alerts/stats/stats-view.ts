import * as z from 'zod';
import { alertCategorySchema, alertSeveritySchema } from '../alert.ts';
import { countWords } from './alert-counts.ts';
import { latencyOf } from './latency-buckets.ts';

/** A quarter of a year: more days than that are asked for in parts. */
export const MAX_STATS_DAYS = 92;

const DAY_ERROR = 'INVALID_PARAMETER: must be a day as 2026-11-22';

/** A day in UTC. */
export const dayField = z
  .string({ error: DAY_ERROR })
  .regex(/^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, { error: DAY_ERROR })
  .meta({ examples: ['2026-11-22'] });

const alertTotals = {
  total: z.number().int().describe('All, those that were held back included.'),
  held_back: z.number().int().describe('Counted and not told, because the same was told shortly before.'),
  by_severity: z.partialRecord(alertSeveritySchema, z.number().int()),
  by_category: z.partialRecord(alertCategorySchema, z.number().int()),
};

const deliveryTotals = {
  delivered: z.number().int(),
  given_up: z.number().int(),
  success_rate: z.number().nullable().describe('Delivered of those that ended, from 0 to 1; null when none did.'),
  latency_ms: z
    .object({ p50: z.number(), p95: z.number(), max: z.number() })
    .nullable()
    .describe('From the alert, or the end of quiet hours, to its delivery; each up to 19 % too long.'),
};

/** Statistics of alerts. */
export const statsView = z
  .object({
    from: z.string(),
    to: z.string(),
    alerts: z.object(alertTotals),
    deliveries: z.object(deliveryTotals),
    by_channel: z.array(z.object({ channel: z.string(), ...deliveryTotals })),
    by_day: z.array(z.object({ day: z.string(), alerts: z.object(alertTotals), deliveries: z.object(deliveryTotals) })),
  })
  .meta({ id: 'AlertStats' });

/** Statistics of alerts. */
export type AlertStats = z.output<typeof statsView>;

/** Counts by their names: see alert-counts.ts. */
export type Counts = ReadonlyMap<string, number>;

/** Makes statistics of counts. @param days in order, each with its counts */
export function statsOf(days: readonly (readonly [day: string, counts: Counts])[]): AlertStats {
  const all = summed(days.map(([, counts]) => counts));
  const channels = [...all.keys()].flatMap((name) => {
    const [kind, channel] = countWords(name);
    return channel !== undefined && (kind === 'delivered' || kind === 'given_up') ? [channel] : [];
  });
  return {
    from: days[0]?.[0] ?? '',
    to: days.at(-1)?.[0] ?? '',
    alerts: alertsOf(all),
    deliveries: deliveriesOf(all),
    by_channel: [...new Set(channels)].sort().map((channel) => ({ channel, ...deliveriesOf(all, channel) })),
    by_day: days.map(([day, counts]) => ({ day, alerts: alertsOf(counts), deliveries: deliveriesOf(counts) })),
  };
}

/** Adds counts up by their names. */
export function summed(parts: readonly Counts[]): Counts {
  const sum = new Map<string, number>();
  for (const part of parts) for (const [name, count] of part) sum.set(name, (sum.get(name) ?? 0) + count);
  return sum;
}

function alertsOf(counts: Counts): AlertStats['alerts'] {
  const rows = [...counts].flatMap(([name, count]) => {
    const [kind, severity, category] = countWords(name);
    return kind === 'told' || kind === 'held_back' ? [{ kind, severity, category, count }] : [];
  });
  const total = (some: readonly { readonly count: number }[]) => some.reduce((sum, { count }) => sum + count, 0);
  const by = <T extends string>(options: readonly T[], of: 'severity' | 'category') =>
    Object.fromEntries(
      options
        .map((option) => [option, total(rows.filter((row) => row[of] === option))] as const)
        .filter(([, n]) => n > 0),
    );
  return {
    total: total(rows),
    held_back: total(rows.filter(({ kind }) => kind === 'held_back')),
    by_severity: by(alertSeveritySchema.options, 'severity'),
    by_category: by(alertCategorySchema.options, 'category'),
  };
}

/** @param only of this channel; left out: of all */
function deliveriesOf(counts: Counts, only?: string): AlertStats['deliveries'] {
  let delivered = 0;
  let given_up = 0;
  const buckets = new Map<number, number>();
  for (const [name, count] of counts) {
    const [kind, channel, bucket] = countWords(name);
    if (only !== undefined && channel !== only) continue;
    if (kind === 'delivered') delivered += count;
    if (kind === 'given_up') given_up += count;
    if (kind === 'latency') buckets.set(Number(bucket), (buckets.get(Number(bucket)) ?? 0) + count);
  }
  const ended = delivered + given_up;
  return { delivered, given_up, success_rate: ended === 0 ? null : delivered / ended, latency_ms: latencyOf(buckets) };
}
