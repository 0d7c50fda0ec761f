import { type BoundRoute, bind } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import type { RedemptionStore } from '#shared/token/redemption-store.ts';
import type { TransactionStore } from '#shared/transactions/transaction-store.ts';
import { type ChangeUserDependencies, changeUser } from '#shared/users/change-user.ts';
import type { UserStore } from '#shared/users/user-store.ts';
import { routes } from './routes.ts';

/** What the users API needs. */
export interface UsersApiDependencies extends ChangeUserDependencies {
  readonly users: UserStore;
  readonly transactions: Pick<TransactionStore, 'list'>;
  readonly redemptions: Pick<RedemptionStore, 'get' | 'list'>;
  readonly pager: ListPager;
}

/** Binds the users API's routes. */
export function bindRoutes(deps: UsersApiDependencies): readonly BoundRoute[] {
  const { users, transactions, redemptions, pager } = deps;
  return [
    bind('listUsers', routes.listUsers, ({ query: { limit, cursor, external_id, kyc_status } }) => {
      const filter = { externalId: external_id, kycStatus: kyc_status };
      return pager.page('users', filter, cursor, (before) => users.list(filter, before, limit));
    }),
    bind('getUser', routes.getUser, ({ params }) => users.get(params.id)),
    bind('changeUser', routes.changeUser, ({ params, body }, context) => changeUser(deps, params.id, body, context)),
    bind('listUserTransactions', routes.listUserTransactions, async ({ params, query }) => {
      const { limit, cursor, status, chain_id } = query;
      const filter = { walletId: (await users.get(params.id)).wallet_id, status, chainId: chain_id };
      return pager.page('user-transactions', filter, cursor, (before) => transactions.list(filter, before, limit));
    }),
    bind('listRedemptions', routes.listRedemptions, ({ query: { limit, cursor, user_id, status, reference } }) => {
      const filter = { userId: user_id, status, reference };
      return pager.page('redemptions', filter, cursor, (before) => redemptions.list(filter, before, limit));
    }),
    bind('getRedemption', routes.getRedemption, ({ params }) => redemptions.get(params.id)),
  ];
}
