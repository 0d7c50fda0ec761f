import { getRedemptionRoute, listRedemptionsRoute } from '#shared/token/redemption-routes.ts';
import { changeUserRoute, getUserRoute, listUsersRoute, listUserTransactionsRoute } from '#shared/users/routes.ts';

/** Routes that show and change users and show their transactions and redemptions: no keys, no chain, no lanes. */
export const routes = {
  listUsers: listUsersRoute,
  getUser: getUserRoute,
  changeUser: changeUserRoute,
  listUserTransactions: listUserTransactionsRoute,
  listRedemptions: listRedemptionsRoute,
  getRedemption: getRedemptionRoute,
};
