import * as z from 'zod';
import { bind, bindPublic, type RequestContext } from '#shared/platform/http/bound-route.ts';
import { defineRoute } from '#shared/platform/http/route.ts';
import { PLAIN_ROUTE } from './plain-route.ts';
import { createTestApi } from './test-api.ts';

const thingView = z.object({ id: z.string(), inner: z.object({ shown: z.string() }).optional() });
const showThing = defineRoute({
  ...PLAIN_ROUTE,
  path: '/things/{id}',
  access: 'custody:read',
  rate: 'read',
  params: z.strictObject({ id: z.string().regex(/^t\d$/) }),
  query: z.strictObject({ verbose: z.enum(['yes', 'no']).optional() }),
  response: thingView,
});
const makeThing = defineRoute({
  ...PLAIN_ROUTE,
  method: 'POST',
  body: z.strictObject({ name: z.string().optional() }),
  status: 201,
  response: thingView,
});

/** An API of two routes, one with a scope and a public one, whose use case answers unless a test wants otherwise. */
export function thingApi(
  useCase: (context: RequestContext) => Promise<z.input<typeof thingView>> = async () => ({ id: 't1' }),
  exposeStacks = false,
) {
  const routes = [
    bind('showThing', showThing, (_input, context) => useCase(context)),
    bindPublic('makeThing', makeThing, (_input, context) => useCase(context)),
  ];
  return createTestApi(routes, { exposeStacks });
}

/** What is let in to the route with a scope. */
export const SHOW = { path: '/things/{id}', params: { id: 't1' }, scopes: 'custody:read' };
/** What is let in to the public one. */
export const MAKE = { method: 'POST', path: '/things', body: {} };
