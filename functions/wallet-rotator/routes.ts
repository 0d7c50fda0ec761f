import { revokeWalletRoute, rotateWalletRoute, sweepWalletRoute } from '#shared/custody/lifecycle/routes.ts';

/**
 * Routes that retire wallets: they change what says whether keys sign, and make keys for successors as the provisioner does, which
 * may not do the former. So they are a function of their own, that serves nothing else.
 */
export const routes = {
  rotateWallet: rotateWalletRoute,
  revokeWallet: revokeWalletRoute,
  sweepWallet: sweepWalletRoute,
};
