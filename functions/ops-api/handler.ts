import { checkReadiness, type Dependency } from '#shared/operations/readiness.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { type BoundRoute, bindPublic } from '#shared/platform/http/bound-route.ts';
import { routes } from './routes.ts';

/** What the operations API needs. */
export interface OpsApiDependencies {
  readonly stage: string;
  readonly clock: Clock;
  /** What to probe, within a deadline. */
  readonly dependencies: (deadline: Deadline) => readonly Dependency[];
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
    bindPublic('ready', routes.ready, (_input, { deadline, log }) =>
      checkReadiness(deps.dependencies(deadline), deps.clock, (name, error) =>
        log.write('DEPENDENCY_FAILED', { dependency: name, error }),
      ),
    ),
    bindPublic('openApi', routes.openApi, async () => deps.openApi),
    bindPublic('docs', routes.docs, async () => deps.docsPage),
  ];
}
