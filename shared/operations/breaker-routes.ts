import * as z from 'zod';
import { breakerNameSchema, breakerStatusSchema, MAX_HISTORY } from '#shared/platform/breaker/breaker-state.ts';
import { cursorField, limitField, pageOf, reasonField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';

/** A circuit breaker as a list shows it. */
export const breakerView = z
  .object({
    name: z
      .string()
      .describe(
        'What it stands before: rpc:<chain id>:<endpoint name>, webhook:<channel name>, ses:email (alerts), or ses:customers.',
      ),
    status: breakerStatusSchema,
    failures: z.number().int().describe('Failures in a row, while closed.'),
    successes: z.number().int().describe('Probes that succeeded, while half open.'),
    retry_at: z.string().nullable().describe('While open: when the first probe is let through.'),
    last_failure_at: z.string().nullable(),
    changed_at: z.string().nullable().describe('When its status last changed.'),
    cause: z.string().nullable().describe('Why its status last changed.'),
    version: z.number().int(),
  })
  .meta({ id: 'CircuitBreaker' });

/** A circuit breaker with what has happened to it. */
export const breakerDetailView = breakerView
  .extend({
    history: z
      .array(z.object({ at: z.string(), from: breakerStatusSchema, to: breakerStatusSchema, cause: z.string() }))
      .describe(`The latest changes, newest first; at most ${MAX_HISTORY}.`),
  })
  .meta({ id: 'CircuitBreakerDetail' });

const params = z.strictObject({
  // API Gateway hands path parameters on as they were sent, and clients encode a colon.
  name: z
    .string()
    .overwrite((text) => text.replace(/%3a/gi, ':'))
    .pipe(breakerNameSchema)
    .meta({ examples: ['rpc:1:endpoint-1', 'webhook:pager', 'ses:email'] }),
});

/** Lists circuit breakers. */
export const listBreakersRoute = defineRoute({
  method: 'GET',
  path: '/admin/health/circuit-breakers',
  summary: 'List circuit breakers',
  description:
    'By name, the last first. One behind which nothing has failed for a month, or ever, is closed and not listed. A closed one is listed with the failures in a row that it has seen so far.',
  tag: 'operations',
  access: 'ops:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({ limit: limitField, cursor: cursorField.optional() }),
  body: NOTHING,
  status: 200,
  response: pageOf(breakerView),
  errors: [],
});

/** Shows a circuit breaker. */
export const getBreakerRoute = defineRoute({
  method: 'GET',
  path: '/admin/health/circuit-breakers/{name}',
  summary: 'Show a circuit breaker and its latest changes',
  tag: 'operations',
  description: 'For one to which nothing has happened CIRCUIT_NOT_FOUND: it is closed.',
  access: 'ops:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: breakerDetailView,
  errors: ['CIRCUIT_NOT_FOUND'],
});

/** Resets a circuit breaker. */
export const resetBreakerRoute = defineRoute({
  method: 'POST',
  path: '/admin/health/circuit-breakers/{name}/reset',
  summary: 'Close a circuit by hand',
  description:
    'Every process knows of it within seconds. When what stands behind it still fails, it opens again. What waited for it goes on with the next run of who calls it.',
  tag: 'operations',
  access: 'ops:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({
    reason: reasonField.describe('Why, for the audit stream.'),
  }),
  status: 200,
  response: breakerDetailView,
  errors: ['CIRCUIT_NOT_FOUND', 'VERSION_MISMATCH', 'DATABASE_ERROR'],
});
