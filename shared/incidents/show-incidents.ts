import type * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { ListAnswer, ListPager } from '#shared/platform/http/list-pager.ts';
import type { IncidentFilter, IncidentList } from './incident-list.ts';
import type { IncidentRow } from './incident-row.ts';
import { type incidentDetailView, type incidentView, toIncidentDetail, toIncidentView } from './view.ts';

/** What showing errors and security events needs. */
export interface IncidentDependencies {
  readonly listIncidents: IncidentList;
  readonly readIncident: (id: string) => Promise<IncidentRow | undefined>;
  readonly pager: ListPager;
}

/** Lists errors and security events. */
export function listIncidents(
  { listIncidents: list, pager }: Pick<IncidentDependencies, 'listIncidents' | 'pager'>,
  { limit, cursor, ...filter }: IncidentFilter & { readonly limit: number; readonly cursor?: string | undefined },
): Promise<ListAnswer<z.output<typeof incidentView>>> {
  return pager.page('errors', filter, cursor, async (before) => {
    const { rows, lastId } = await list(filter, before, limit);
    return { rows: rows.map(toIncidentView), lastId };
  });
}

/**
 * Shows one.
 *
 * @throws ERROR_NOT_FOUND
 */
export async function showIncident(
  { readIncident }: Pick<IncidentDependencies, 'readIncident'>,
  id: string,
): Promise<z.output<typeof incidentDetailView>> {
  const row = await readIncident(id);
  if (row === undefined) throw new HavenError('ERROR_NOT_FOUND', `No error ${id} is kept`);
  return toIncidentDetail(row);
}
