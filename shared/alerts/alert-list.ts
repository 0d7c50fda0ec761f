import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type IdSource,
  indexSources,
  mergedSource,
  type RowPage,
  readPage,
  rowLoader,
} from '#shared/platform/dynamo/id-source.ts';
import { idFloor } from '#shared/platform/ids.ts';
import { type Alert, alertSeveritySchema } from './alert.ts';
import { ALL_ALERTS, type AlertStatus, alertKey, attentionPartition, categoryPartition } from './alert-row.ts';
import { type ToldAlert, toldAlertSchema } from './delivery/told-alert.ts';

/** Which alerts a list shows: those that all of it holds for. */
export interface AlertFilter {
  readonly severity?: Alert['severity'] | undefined;
  readonly category?: Alert['category'] | undefined;
  readonly status?: AlertStatus | undefined;
  /** ISO 8601, UTC, by the time in the id; included. */
  readonly created_from?: string | undefined;
  /** The same; not included. */
  readonly created_to?: string | undefined;
}

/** Reads pages of alerts, newest first. */
export type AlertList = (filter: AlertFilter, before: string | undefined, limit: number) => Promise<RowPage<ToldAlert>>;

/** Alerts that a round looks at where the index leaves some to be filtered. */
const SEARCH = { idsAtOnce: 100 };

/**
 * Lists alerts by one index: of a category, of severities that are open or acknowledged, or of all. What is left of the filter is
 * looked at row by row, some hundred a page.
 *
 * @param table the logs table; needs Query on gsi1, gsi3 and gsi4, and BatchGetItem on alerts
 */
export function createAlertList(client: DynamoDBDocumentClient, table: string): AlertList {
  const load = rowLoader(client, table, alertKey, toldAlertSchema);
  const index = indexSources(client, table);

  function sourceFor({ category, severity, status }: AlertFilter): IdSource {
    if (category !== undefined) return index('gsi4', categoryPartition(category));
    if (severity === undefined && status === undefined) return index('gsi1', ALL_ALERTS);
    const severities = severity === undefined ? alertSeveritySchema.options : [severity];
    const statuses: readonly AlertStatus[] = status === undefined ? ['open', 'acknowledged'] : [status];
    return mergedSource(
      severities.flatMap((one) => statuses.map((other) => index('gsi3', attentionPartition(one, other)))),
    );
  }

  return (filter, before, limit) => {
    const { severity, category, status, created_from, created_to } = filter;
    const floor = created_from === undefined ? undefined : idFloor('alr', Date.parse(created_from));
    const ceiling = created_to === undefined ? undefined : idFloor('alr', Date.parse(created_to));
    const source = sourceFor(filter);
    const within: IdSource = async (position, count) => {
      const ids = await source(earlier(position, ceiling), count);
      return floor === undefined ? ids : ids.filter((id) => id >= floor);
    };
    const passes = (alert: ToldAlert) =>
      (severity === undefined || alert.severity === severity) &&
      (status === undefined || (alert.acknowledged === undefined) === (status === 'open'));
    const isExact = category === undefined || (severity === undefined && status === undefined);
    return readPage(within, load, passes, before, limit, isExact ? { idsAtOnce: limit } : SEARCH);
  };
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
