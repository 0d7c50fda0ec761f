import { type IncidentDependencies, listIncidents, showIncident } from '#shared/incidents/show-incidents.ts';
import { type BreakerDependencies, listBreakers, resetBreaker, showBreaker } from '#shared/operations/breakers.ts';
import type { ReadinessCheck } from '#shared/operations/readiness.ts';
import { showReadiness } from '#shared/operations/show-readiness.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { type BoundRoute, bind, bindIdempotent, bindPublic } from '#shared/platform/http/bound-route.ts';
import { type RedriveLettersDependencies, redriveLetters } from '#shared/queues/redrive-letters.ts';
import { listQueues, showQueue } from '#shared/queues/show-queues.ts';
import { routes } from './routes.ts';

/** What the operations API needs. */
export interface OpsApiDependencies extends BreakerDependencies, RedriveLettersDependencies, IncidentDependencies {
  readonly pager: BreakerDependencies['pager'];
  readonly clock: Clock;
  readonly readiness: ReadinessCheck;
  readonly openApi: Record<string, unknown>;
  readonly docsPage: string;
}

/** Binds the operations API's routes. */
export function bindRoutes(deps: OpsApiDependencies): readonly BoundRoute[] {
  return [
    bindPublic('health', routes.health, async () => ({
      status: 'ok' as const,
      stage: deps.stage,
      time: isoTime(deps.clock()),
    })),
    bindPublic('ready', routes.ready, () => showReadiness(deps.readiness)),
    bindPublic('openApi', routes.openApi, async () => deps.openApi),
    bindPublic('docs', routes.docs, async () => deps.docsPage),
    bind('listCircuitBreakers', routes.listCircuitBreakers, ({ query }) => listBreakers(deps, query)),
    bind('getCircuitBreaker', routes.getCircuitBreaker, ({ params }) => showBreaker(deps, params.name)),
    bindIdempotent('resetCircuitBreaker', routes.resetCircuitBreaker, ({ params, body }, context) =>
      resetBreaker(deps, params.name, body.reason, context),
    ),
    bind('listQueues', routes.listQueues, (_input, context) => listQueues(deps, context)),
    bind('getQueue', routes.getQueue, ({ params }, context) => showQueue(deps, params.name, context)),
    bindIdempotent('redriveQueue', routes.redriveQueue, ({ params, body }, context) =>
      redriveLetters(deps, params.name, body.reason, context),
    ),
    bind('listErrors', routes.listErrors, ({ query }) => listIncidents(deps, query)),
    bind('getError', routes.getError, ({ params }) => showIncident(deps, params.id)),
  ];
}
