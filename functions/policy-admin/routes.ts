import { getPolicyRoute, pauseWalletRoute, putPolicyRoute, resumeWalletRoute } from '#shared/custody/policy/routes.ts';
import { changeWalletRoute } from '#shared/custody/routes.ts';

/** Routes that change what people decide about wallets: policies, pauses, labels and tags. They can send nothing. */
export const routes = {
  putPolicy: putPolicyRoute,
  getPolicy: getPolicyRoute,
  pauseWallet: pauseWalletRoute,
  resumeWallet: resumeWalletRoute,
  changeWallet: changeWalletRoute,
};
