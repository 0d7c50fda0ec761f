import { type VerifyDependencies, verifyStream } from '#shared/audit/verify-use-case.ts';
import { auditHeadOf } from '#shared/custody/custody-state.ts';
import type { WalletStore } from '#shared/custody/wallet-store.ts';
import { type BoundRoute, bind } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { TransactionStore } from '#shared/transactions/transaction-store.ts';
import { routes } from './routes.ts';

/** What the custody API needs. */
export interface CustodyApiDependencies extends Omit<VerifyDependencies, 'log'> {
  readonly wallets: WalletStore;
  readonly transactions: Pick<TransactionStore, 'get'>;
  readonly pager: ListPager;
}

/** Binds the custody API's routes. */
export function bindRoutes(deps: CustodyApiDependencies): readonly BoundRoute[] {
  const { wallets, transactions, pager } = deps;
  return [
    bind('listWallets', routes.listWallets, async ({ query }) => {
      const { limit, cursor, tag, ...filter } = query;
      return pager.page('wallets', { ...filter, tag }, cursor, (before) =>
        wallets.list({ ...filter, tag: parseTag(tag) }, before, limit),
      );
    }),
    bind('getWallet', routes.getWallet, ({ params }) => wallets.get(params.id)),
    bind('verifyAudit', routes.verifyAudit, async ({ body: { wallet_id, transaction_id } }, { log }) => {
      if (wallet_id !== undefined && transaction_id === undefined) {
        return verifyStream({ ...deps, log }, wallet_id, async () =>
          auditHeadOf(await wallets.custodyState(wallet_id)),
        );
      }
      if (transaction_id !== undefined && wallet_id === undefined) {
        return verifyStream({ ...deps, log }, transaction_id, () => transactions.get(transaction_id));
      }
      throw fieldError('INVALID_PARAMETER', 'body', 'must name one of wallet_id and transaction_id');
    }),
  ];
}

function parseTag(tag: string | undefined): { key: string; value: string } | undefined {
  if (tag === undefined) return undefined;
  const colon = tag.indexOf(':');
  return { key: tag.slice(0, colon), value: tag.slice(colon + 1) };
}
