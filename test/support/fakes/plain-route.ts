import { NOTHING } from '#shared/platform/http/route.ts';

/** What the declaration of a public GET without input says, its response apart: tests spread it and say what differs. */
export const PLAIN_ROUTE = {
  method: 'GET',
  path: '/things',
  summary: 'A thing',
  tag: 'things',
  access: 'public',
  idempotent: false,
  rate: 'public',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  errors: [],
} as const;
