import { type ChangeWalletDependencies, changeWallet } from '#shared/custody/change-wallet.ts';
import { type PauseDependencies, setPaused } from '#shared/custody/pause-wallet.ts';
import { type PolicyDependencies, putPolicy, showPolicy } from '#shared/custody/policy/put-policy.ts';
import { type BoundRoute, bind } from '#shared/platform/http/bound-route.ts';
import { routes } from './routes.ts';

/** Binds the policy administration's routes. */
export function bindRoutes(
  deps: PolicyDependencies & PauseDependencies & ChangeWalletDependencies,
): readonly BoundRoute[] {
  return [
    bind('putPolicy', routes.putPolicy, ({ params, body }, context) => putPolicy(deps, params.id, body, context)),
    bind('getPolicy', routes.getPolicy, ({ params }) => showPolicy(deps, params.id)),
    bind('pauseWallet', routes.pauseWallet, ({ params, body }, context) =>
      setPaused(deps, params.id, true, body.reason, context),
    ),
    bind('resumeWallet', routes.resumeWallet, ({ params, body }, context) =>
      setPaused(deps, params.id, false, body.reason, context),
    ),
    bind('changeWallet', routes.changeWallet, ({ params, body }, context) =>
      changeWallet(deps, params.id, body, context),
    ),
  ];
}
