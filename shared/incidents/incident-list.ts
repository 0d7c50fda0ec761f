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
import { type Incident, windowStartOf } from './incident.ts';
import {
  codePartition,
  functionPartition,
  type IncidentRow,
  incidentKey,
  incidentRowSchema,
  kindPartition,
} from './incident-row.ts';

/** Which rows a list shows: those that all of it holds for. */
export interface IncidentFilter {
  readonly kind?: Incident['kind'] | undefined;
  readonly code?: string | undefined;
  readonly function?: string | undefined;
  /** ISO 8601, UTC: happened then or later. */
  readonly since?: string | undefined;
  /** The same: happened before. */
  readonly until?: string | undefined;
}

/** Reads pages of rows, the newest ten minutes first. */
export type IncidentList = (
  filter: IncidentFilter,
  before: string | undefined,
  limit: number,
) => Promise<RowPage<IncidentRow>>;

/** Rows that a round looks at, where the index leaves some to be filtered. */
const SEARCH = { idsAtOnce: 100 };

/**
 * Lists rows by the narrowest of three indexes: a code, a function, a kind. What is left of the filter is looked at row by row, some
 * hundred a page.
 *
 * @param table the logs table; needs Query on the partitions `INCIDENTS#*` of gsi1, gsi3 and gsi4, and BatchGetItem on `INCIDENT#*`
 */
export function createIncidentList(client: DynamoDBDocumentClient, table: string): IncidentList {
  const load = rowLoader(client, table, incidentKey, incidentRowSchema);
  const index = indexSources(client, table);

  function sourceFor({ code, function: name, kind }: IncidentFilter): IdSource {
    if (code !== undefined) return index('gsi4', codePartition(code));
    if (name !== undefined) return index('gsi3', functionPartition(name));
    const kinds = kind === undefined ? (['error', 'security'] as const) : [kind];
    return mergedSource(kinds.map((one) => index('gsi1', kindPartition(one))));
  }

  return (filter, before, limit) => {
    const { since, until } = filter;
    // An id has the time of its window.
    const floor = since === undefined ? undefined : idFloor('err', windowStartOf(Date.parse(since)));
    const ceiling = until === undefined ? undefined : idFloor('err', Date.parse(until));
    const source = sourceFor(filter);
    const within: IdSource = async (position, count) => {
      const start = [position, ceiling].filter((id) => id !== undefined).sort()[0];
      const ids = await source(start, count);
      return floor === undefined ? ids : ids.filter((id) => id >= floor);
    };
    const passes = (row: IncidentRow) =>
      (filter.kind === undefined || row.kind === filter.kind) &&
      (filter.function === undefined || row.function === filter.function) &&
      (since === undefined || row.last_at >= since) &&
      (until === undefined || row.first_at < until);
    const isExact = filter.code === undefined && (filter.function === undefined || filter.kind === undefined);
    return readPage(within, load, passes, before, limit, isExact ? { idsAtOnce: limit } : SEARCH);
  };
}
