import * as z from 'zod';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';

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

/** Says whether what the API depends on answers. */
export const readyRoute = defineRoute({
  ...open,
  ...empty,
  method: 'GET',
  path: '/ready',
  summary: 'Whether what the API depends on answers',
  description: 'Answers 200 in either case; `status` says which. Says nothing that a stranger may not know.',
  status: 200,
  response: z
    .object({
      status: z.enum(['ready', 'degraded']),
      dependencies: z.array(
        z.object({ name: z.string(), state: z.enum(['ok', 'failed']), latency_ms: z.number().int() }),
      ),
    })
    .meta({ id: 'Readiness' }),
  errors: [],
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
