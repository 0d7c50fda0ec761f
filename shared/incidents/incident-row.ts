import * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import { idOf } from '#shared/platform/ids.ts';
import { GROUP_WINDOW_MS, type Incident, type IncidentGroup } from './incident.ts';

/**
 * How long what happened is kept: a quarter, so that whoever looks into a break-in can see what came before it. What must be kept for longer is on
 * audit streams.
 */
const KEPT_DAYS = 90;
const DAY_SECONDS = 86_400;

/** The partition of rows of one kind in gsi1, by id. */
export function kindPartition(kind: Incident['kind']): string {
  return `INCIDENTS#${kind}`;
}

/** The partition of rows of one function in gsi3, by id. */
export function functionPartition(name: string): string {
  return `INCIDENTS#function#${name}`;
}

/** The partition of rows of one code in gsi4, by id. */
export function codePartition(code: string): string {
  return `INCIDENTS#code#${code}`;
}

/** The key of a row in the logs table. */
export function incidentKey(id: string) {
  return { pk: `INCIDENT#${id}`, sk: 'INCIDENT' };
}

/** The id of a group: the same for everyone who counts in it. */
export function groupId({ fingerprint, windowStartMs }: IncidentGroup): string {
  return idOf('err', windowStartMs, `${fingerprint} ${windowStartMs}`);
}

/** One time that it happened. */
export const occurrenceSchema = z.object({
  at: z.string(),
  request_id: z.string().nullable(),
  error_id: z.string().nullable(),
  principal: z.string().nullable(),
  message: z.string(),
  context: z.record(z.string(), z.unknown()),
});

/** Equal incidents of ten minutes, as they are stored. */
export const incidentRowSchema = z.object({
  id: z.string(),
  kind: z.enum(['error', 'security']),
  code: z.string(),
  function: z.string(),
  place: z.string(),
  fingerprint: z.string(),
  count: z.number().int(),
  first_at: z.string(),
  last_at: z.string(),
  first: occurrenceSchema,
  last: occurrenceSchema,
  /** Of the first. */
  stack: z.string().nullable(),
});

/** Equal incidents of ten minutes, as they are stored. */
export type IncidentRow = z.output<typeof incidentRowSchema>;

/** What an occurrence says of an incident. Nothing of where it came from. */
export function occurrenceOf(incident: Incident): z.output<typeof occurrenceSchema> {
  const { atMs, requestId, errorId, principal, message, context } = incident;
  return { at: isoTime(atMs), request_id: requestId, error_id: errorId, principal, message, context };
}

/** What a row of a group says the same of, however often it is counted in. */
export function groupAttributes(group: IncidentGroup) {
  const [{ kind, code, function: name, place }] = group.incidents;
  const id = groupId(group);
  return {
    ...{ id, kind, code, function: name, place, fingerprint: group.fingerprint },
    ...{ gsi1pk: kindPartition(kind), gsi1sk: id },
    ...{ gsi3pk: functionPartition(name), gsi3sk: id },
    ...{ gsi4pk: codePartition(code), gsi4sk: id },
    expires_at: Math.floor((group.windowStartMs + GROUP_WINDOW_MS) / 1_000) + KEPT_DAYS * DAY_SECONDS,
  };
}
