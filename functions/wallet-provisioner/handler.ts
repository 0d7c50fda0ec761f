import { type CreateWalletDependencies, createWallet } from '#shared/custody/create-wallet.ts';
import { type CreateKmsWalletDependencies, createKmsWallet } from '#shared/custody/kms/create-kms-wallet.ts';
import { type BoundRoute, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import { createUser } from '#shared/users/create-user.ts';
import { routes } from './routes.ts';

/** Binds the provisioner's routes. It can encrypt keys and never decrypt them; it can have KMS make keys and never sign with them. */
export function bindRoutes(deps: CreateWalletDependencies & CreateKmsWalletDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('createWallet', routes.createWallet, ({ body }, context) => {
      const { custody, ...input } = body;
      return custody === 'kms'
        ? createKmsWallet(deps, { ...input, custody }, context)
        : createWallet(deps, { ...input, custody }, context);
    }),
    bindIdempotent('createUser', routes.createUser, ({ body }, context) => createUser(deps, body, context)),
  ];
}
