import { type RequestSweepDependencies, requestSweep } from '#shared/custody/lifecycle/request-sweep.ts';
import { revokeWallet } from '#shared/custody/lifecycle/revoke-wallet.ts';
import { type RotateDependencies, rotateWallet } from '#shared/custody/lifecycle/rotate-wallet.ts';
import { type BoundRoute, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import { routes } from './routes.ts';

/** Binds the rotator's routes. It can encrypt keys and never decrypt them; it can have KMS make keys and never sign with them. */
export function bindRoutes(deps: RotateDependencies & RequestSweepDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('rotateWallet', routes.rotateWallet, ({ params, body }, context) =>
      rotateWallet(deps, params.id, body, context),
    ),
    bindIdempotent('revokeWallet', routes.revokeWallet, ({ params, body }, context) =>
      revokeWallet(deps, params.id, body.reason, context),
    ),
    bindIdempotent('sweepWallet', routes.sweepWallet, ({ params, body }, context) =>
      requestSweep(deps, params.id, body.reason, context),
    ),
  ];
}
