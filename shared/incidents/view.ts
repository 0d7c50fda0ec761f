import * as z from 'zod';
import { type IncidentRow, occurrenceSchema } from './incident-row.ts';

/** What went wrong, as lists show it. */
export const incidentView = z
  .object({
    id: z.string(),
    kind: z.enum(['error', 'security']),
    code: z
      .string()
      .describe('Of an error its code or the name of its log message; of a security event its kind in upper case.'),
    function: z.string().describe('The function that it happened in.'),
    place: z.string().describe('Route, and where in the code; empty where neither is known.'),
    fingerprint: z.string().describe('The same for equal ones: of one code, function and place.'),
    count: z.number().int().describe('How often in these ten minutes; now and then one is counted twice.'),
    first_at: z.string(),
    last_at: z.string(),
    message: z.string().describe('Of the last.'),
    request_id: z.string().nullable().describe('Of the last.'),
    principal: z.string().nullable().describe('Of the last: who asked.'),
  })
  .meta({ id: 'KeptError' });

/** What went wrong, with all that is kept of it. */
export const incidentDetailView = incidentView
  .extend({
    first: occurrenceSchema,
    last: occurrenceSchema,
    stack: z.string().nullable().describe('Of the first, with the stacks of its causes.'),
  })
  .meta({ id: 'KeptErrorDetail' });

/** Shows a row as lists do. */
export function toIncidentView(row: IncidentRow): z.output<typeof incidentView> {
  const { id, kind, code, function: name, place, fingerprint, count, first_at, last_at, last } = row;
  const { message, request_id, principal } = last;
  return {
    id,
    kind,
    code,
    function: name,
    place,
    fingerprint,
    count,
    first_at,
    last_at,
    message,
    request_id,
    principal,
  };
}

/** Shows all of a row. */
export function toIncidentDetail(row: IncidentRow): z.output<typeof incidentDetailView> {
  const { first, last, stack } = row;
  return { ...toIncidentView(row), first, last, stack };
}
