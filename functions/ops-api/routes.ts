import { getErrorRoute, listErrorsRoute } from '#shared/incidents/routes.ts';
import { getBreakerRoute, listBreakersRoute, resetBreakerRoute } from '#shared/operations/breaker-routes.ts';
import { docsRoute, healthRoute, openApiRoute, readyRoute } from '#shared/operations/routes.ts';
import { getQueueRoute, listQueuesRoute, redriveQueueRoute } from '#shared/queues/routes.ts';

/** Routes that anyone may call, and those of operators that need no rights on wallets. */
export const routes = {
  health: healthRoute,
  ready: readyRoute,
  openApi: openApiRoute,
  docs: docsRoute,
  listCircuitBreakers: listBreakersRoute,
  getCircuitBreaker: getBreakerRoute,
  resetCircuitBreaker: resetBreakerRoute,
  listQueues: listQueuesRoute,
  getQueue: getQueueRoute,
  redriveQueue: redriveQueueRoute,
  listErrors: listErrorsRoute,
  getError: getErrorRoute,
};
