import * as z from 'zod';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { DEPENDENCY_STATES } from './readiness.ts';

const open = { tag: 'operations', access: 'public', idempotent: false, rate: 'public' } as const;
const empty = { params: NOTHING, query: NOTHING, body: NOTHING } as const;

/** Says that the API is up. */
export const healthRoute = defineRoute({
  ...open,
  ...empty,
  method: 'GET',
  path: '/health',
  summary: 'Whether the API answers',
  status: 200,
  response: z.object({ status: z.literal('ok'), stage: z.string(), time: z.string() }).meta({ id: 'Health' }),
  errors: [],
});

const dependencyView = z.object({
  name: z
    .string()
    .describe('`database`, or `chain` and its id.')
    .meta({ examples: ['database', 'chain 1'] }),
  state: z.enum(DEPENDENCY_STATES).describe('Whether it answers, answers slowly, or does not answer.'),
  latency_ms: z.number().int().describe('How long it took when it was asked last, at most seconds ago.'),
});

/** Says whether what the API depends on answers. */
export const readyRoute = defineRoute({
  ...open,
  ...empty,
  method: 'GET',
  path: '/ready',
  summary: 'Whether what the API depends on answers',
  description:
    'NOT_READY, with `dependencies` in its details, while the database does not answer: nothing works without it. 200 otherwise: `degraded` says that a chain does not answer, or something is slow. Answers are kept for seconds, and say nothing that a stranger may not know. KMS and SQS are not asked: who answers here has no right to any key or queue. Both have alarms.',
  status: 200,
  response: z
    .object({ status: z.enum(['ready', 'degraded']), dependencies: z.array(dependencyView) })
    .meta({ id: 'Readiness' }),
  errors: ['NOT_READY'],
});

/** The OpenAPI document. */
export const openApiRoute = defineRoute({
  ...open,
  ...empty,
  method: 'GET',
  path: '/openapi.json',
  summary: 'This document',
  status: 200,
  response: z.record(z.string(), z.unknown()).describe('An OpenAPI 3.1 document.'),
  errors: [],
});

/** The OpenAPI document for people. */
export const docsRoute = defineRoute({
  ...open,
  ...empty,
  method: 'GET',
  path: '/docs',
  summary: 'This document, for people',
  status: 200,
  response: z.string(),
  contentType: 'text/html; charset=utf-8',
  errors: [],
});
