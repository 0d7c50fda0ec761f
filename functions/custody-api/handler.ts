import type { EntryList } from '#shared/audit/list-entries.ts';
import { verifyPage } from '#shared/audit/verify-page.ts';
import type { VerifyDependencies } from '#shared/audit/verify-use-case.ts';
import type { PoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import type { PoolSize } from '#shared/custody/deposit-pool/pool-size.ts';
import { showPool } from '#shared/custody/deposit-pool/show-pool.ts';
import { toSweepView } from '#shared/custody/lifecycle/sweep.ts';
import type { WalletList } from '#shared/custody/wallet-list.ts';
import type { WalletStore } from '#shared/custody/wallet-store.ts';
import { type BoundRoute, bind } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { type AuditHeadKeepers, streamOf } from './audit-streams.ts';
import { routes } from './routes.ts';

/** What the custody API needs. */
export interface CustodyApiDependencies extends Omit<VerifyDependencies, 'log'>, AuditHeadKeepers {
  readonly wallets: WalletStore;
  readonly walletList: WalletList;
  readonly pool: PoolReader;
  readonly poolSize: PoolSize;
  readonly pager: ListPager;
  readonly entries: EntryList;
}

/** Binds the custody API's routes. */
export function bindRoutes(deps: CustodyApiDependencies): readonly BoundRoute[] {
  const { wallets, walletList, pager } = deps;
  return [
    bind('listWallets', routes.listWallets, async ({ query }) => {
      const { limit, cursor, tag, ...filter } = query;
      return pager.page('wallets', { ...filter, tag }, cursor, (before) =>
        walletList.list({ ...filter, tag: parseTag(tag) }, before, limit),
      );
    }),
    bind('getWallet', routes.getWallet, async ({ params }) => {
      const [wallet, sweep] = await Promise.all([wallets.get(params.id), deps.sweeps.get(params.id)]);
      return sweep === undefined ? wallet : { ...wallet, sweep: toSweepView(sweep) };
    }),
    bind('showDepositPool', routes.showDepositPool, () => showPool(deps.pool, deps.poolSize)),
    bind('verifyAudit', routes.verifyAudit, async ({ body }, { log, deadline }) => {
      const { stream, head } = streamOf(deps, body);
      return verifyPage({ ...deps, log }, pager, { stream, head, cursor: body.cursor }, deadline);
    }),
    bind('listWalletLogs', routes.listWalletLogs, async ({ query }) => {
      const { limit, cursor, ...filter } = query;
      const { data, next_cursor } = await pager.page('wallet-logs', filter, cursor, (before) =>
        deps.entries.list(filter, before, limit),
      );
      return { data: data.map(({ reason = null, ...entry }) => ({ ...entry, reason })), next_cursor };
    }),
  ];
}

function parseTag(tag: string | undefined): { key: string; value: string } | undefined {
  if (tag === undefined) return undefined;
  const colon = tag.indexOf(':');
  return { key: tag.slice(0, colon), value: tag.slice(colon + 1) };
}
