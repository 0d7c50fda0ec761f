import { docsRoute, healthRoute, openApiRoute, readyRoute } from '#shared/operations/routes.ts';

/** Routes that anyone may call. */
export const routes = { health: healthRoute, ready: readyRoute, openApi: openApiRoute, docs: docsRoute };
