import { getTreasuryRoute, nameTreasuryRoute } from '#shared/payments/treasury/routes.ts';
import { redeemRoute } from '#shared/token/redemption-routes.ts';
import {
  burnRoute,
  configureTokenRoute,
  getBalancesRoute,
  getTokenRoute,
  getUserBalanceRoute,
  mintRoute,
  transferRoute,
} from '#shared/token/routes.ts';
import { getNoncesRoute, resetNoncesRoute } from '#shared/transactions/nonces/routes.ts';

/** Routes about the token and balances: they read the chain and accept transactions, and touch no keys. */
export const routes = {
  configureToken: configureTokenRoute,
  getToken: getTokenRoute,
  mintTokens: mintRoute,
  transferTokens: transferRoute,
  burnTokens: burnRoute,
  redeemTokens: redeemRoute,
  getUserBalance: getUserBalanceRoute,
  getBalances: getBalancesRoute,
  getNonces: getNoncesRoute,
  resetNonces: resetNoncesRoute,
  nameTreasury: nameTreasuryRoute,
  getTreasury: getTreasuryRoute,
};
