import {
  type ApiKeyDependencies,
  changeApiKey,
  issueApiKey,
  revokeApiKey,
  rotateApiKey,
} from '#shared/access/manage-api-keys.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { routes } from './routes.ts';

/** Binds the access API's routes. */
export function bindRoutes(deps: ApiKeyDependencies & { readonly pager: ListPager }): readonly BoundRoute[] {
  return [
    bindIdempotent('createApiKey', routes.createApiKey, ({ body }, context) => issueApiKey(deps, body, context)),
    bind('listApiKeys', routes.listApiKeys, ({ query }) =>
      deps.pager.page('api-keys', {}, query.cursor, (before) => deps.store.list(before, query.limit)),
    ),
    bind('getApiKey', routes.getApiKey, ({ params }) => deps.store.get(params.id)),
    bind('changeApiKey', routes.changeApiKey, ({ params, body }, context) =>
      changeApiKey(deps, params.id, body, context),
    ),
    bindIdempotent('rotateApiKey', routes.rotateApiKey, ({ params, body }, context) =>
      rotateApiKey(deps, params.id, body.overlap_seconds, context),
    ),
    bind('revokeApiKey', routes.revokeApiKey, ({ params }, context) => revokeApiKey(deps, params.id, context)),
  ];
}
