import { createWalletRoute } from '#shared/custody/routes.ts';

/** Routes that make keys: the only ones that may ask KMS for data keys. */
export const routes = { createWallet: createWalletRoute };
