import * as z from 'zod';
import type { Condition } from './condition.ts';

/** The partition of gsi1 of the logs table that lists open conditions by key. */
export const OPEN_CONDITIONS = 'OPEN_CONDITIONS';

/** How long a condition is kept after it was resolved: it says how often it opened lately, and how it was. */
const KEPT_SECONDS = 30 * 86_400;

const PREFIX = 'CONDITION#';

/** The key of a condition in the logs table. */
export function conditionKey(key: string) {
  return { pk: `${PREFIX}${key}`, sk: 'CONDITION' };
}

/** What names a condition, by its place in the table, whatever else its row has. */
export function keyOfCondition({ pk }: Readonly<Record<string, unknown>>): string {
  return String(pk).slice(PREFIX.length);
}

/** The item of a condition: in the index while it is open, and expiring when it is not. */
export function conditionItem(condition: Condition) {
  const { key, resolved_at } = condition;
  const place =
    resolved_at === null
      ? { gsi1pk: OPEN_CONDITIONS, gsi1sk: key }
      : { expires_at: Math.floor(Date.parse(resolved_at) / 1_000) + KEPT_SECONDS };
  return { ...conditionKey(key), ...condition, ...place };
}

/** The key of what is remembered of the monitor's own runs. */
export const MONITOR_RUNS_KEY = { pk: 'MONITOR#RUNS', sk: 'RUNS' } as const;

/** What is remembered of the monitor's own runs: how many looks of each check failed in a row. */
export const monitorRunsSchema = z.object({
  failures: z.record(z.string(), z.number().int().positive()),
  version: z.number().int().positive(),
});

/** What is remembered of the monitor's own runs. */
export type MonitorRuns = z.output<typeof monitorRunsSchema>;
