import { type BreakerDependencies, listBreakers, resetBreaker, showBreaker } from '#shared/operations/breakers.ts';
import { checkReadiness, type Dependency } from '#shared/operations/readiness.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { type BoundRoute, bind, bindIdempotent, bindPublic } from '#shared/platform/http/bound-route.ts';
import { routes } from './routes.ts';

/** What the operations API needs. */
export interface OpsApiDependencies extends BreakerDependencies {
  readonly stage: string;
  readonly clock: Clock;
  /** What to probe. */
  readonly dependencies: readonly Dependency[];
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
    bindPublic('ready', routes.ready, (_input, { log }) =>
      checkReadiness(deps.dependencies, deps.clock, (name, error) =>
        log.write('DEPENDENCY_FAILED', { dependency: name, error }),
      ),
    ),
    bindPublic('openApi', routes.openApi, async () => deps.openApi),
    bindPublic('docs', routes.docs, async () => deps.docsPage),
    bind('listCircuitBreakers', routes.listCircuitBreakers, ({ query }) => listBreakers(deps, query)),
    bind('getCircuitBreaker', routes.getCircuitBreaker, ({ params }) => showBreaker(deps, params.name)),
    bindIdempotent('resetCircuitBreaker', routes.resetCircuitBreaker, ({ params, body }, context) =>
      resetBreaker(deps, params.name, body.reason, context),
    ),
  ];
}
