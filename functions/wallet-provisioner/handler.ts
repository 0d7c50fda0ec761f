import { type CreateWalletDependencies, createWallet } from '#shared/custody/create-wallet.ts';
import { type BoundRoute, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import { createUser } from '#shared/users/create-user.ts';
import { routes } from './routes.ts';

/** Binds the provisioner's routes. It can encrypt keys and never decrypt them. */
export function bindRoutes(deps: CreateWalletDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('createWallet', routes.createWallet, ({ body }, context) => createWallet(deps, body, context)),
    bindIdempotent('createUser', routes.createUser, ({ body }, context) => createUser(deps, body, context)),
  ];
}
