import { getPolicyRoute, pauseWalletRoute, putPolicyRoute, resumeWalletRoute } from '#shared/custody/policy/routes.ts';

/** Routes that decide what wallets may do: they change policies and pauses, and can send nothing. */
export const routes = {
  putPolicy: putPolicyRoute,
  getPolicy: getPolicyRoute,
  pauseWallet: pauseWalletRoute,
  resumeWallet: resumeWalletRoute,
};
