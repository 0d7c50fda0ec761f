import { type RetrieveDependencies, retrieveExport } from '#shared/custody/export/retrieve-export.ts';
import { type BoundRoute, bind } from '#shared/platform/http/bound-route.ts';
import { routes } from './routes.ts';

/** Binds the key export's route. */
export function bindRoutes(deps: RetrieveDependencies): readonly BoundRoute[] {
  return [
    bind('retrieveExport', routes.retrieveExport, ({ params }, context) => retrieveExport(deps, params.id, context)),
  ];
}
