import { createWalletRoute } from '#shared/custody/routes.ts';
import { createUserRoute } from '#shared/users/routes.ts';

/** Routes that make keys: the only ones that may ask KMS for data keys. A user is created with its wallet. */
export const routes = { createWallet: createWalletRoute, createUser: createUserRoute };
