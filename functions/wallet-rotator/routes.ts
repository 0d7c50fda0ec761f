import { rotateWalletRoute, sweepWalletRoute } from '#shared/custody/lifecycle/routes.ts';

/**
 * Routes that put another wallet in the place of one: they make keys as the provisioner does, and change what says whether keys
 * sign, which it may not. So they are a function of their own, that serves nothing else.
 */
export const routes = { rotateWallet: rotateWalletRoute, sweepWallet: sweepWalletRoute };
