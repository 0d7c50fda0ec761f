import type * as z from 'zod';
import { securityStream } from '#shared/access/lockout.ts';
import { accessStream } from '#shared/audit/access-audit.ts';
import { type AuditHead, emptyHead } from '#shared/audit/audit-entry.ts';
import { ONE_STREAM } from '#shared/audit/routes.ts';
import { type VerifyDependencies, verifyStream } from '#shared/audit/verify-use-case.ts';
import { auditHeadOf } from '#shared/custody/custody-state.ts';
import { policyStream } from '#shared/custody/policy/policy.ts';
import type { PolicyStore } from '#shared/custody/policy/policy-store.ts';
import type { WalletStore } from '#shared/custody/wallet-store.ts';
import { type BoundRoute, bind } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { RedemptionStore } from '#shared/token/redemption-store.ts';
import { laneStream, parseLaneName } from '#shared/transactions/lane/lane.ts';
import type { LaneReader } from '#shared/transactions/lane/lane-reader.ts';
import type { TransactionStore } from '#shared/transactions/transaction-store.ts';
import type { UserStore } from '#shared/users/user-store.ts';
import { routes } from './routes.ts';

/** What the custody API needs. */
export interface CustodyApiDependencies extends Omit<VerifyDependencies, 'log'> {
  readonly wallets: WalletStore;
  readonly policies: PolicyStore;
  readonly lanes: LaneReader;
  readonly transactions: Pick<TransactionStore, 'get'>;
  readonly users: Pick<UserStore, 'get'>;
  readonly redemptions: Pick<RedemptionStore, 'get'>;
  readonly pager: ListPager;
  /** Where the stream of what a principal looked at ends. */
  readonly accessHead: (principalId: string) => Promise<AuditHead>;
  /** Where the stream of an address's lockouts ends. */
  readonly securityHead: (address: string) => Promise<AuditHead>;
}

/** Binds the custody API's routes. */
export function bindRoutes(deps: CustodyApiDependencies): readonly BoundRoute[] {
  const { wallets, pager } = deps;
  return [
    bind('listWallets', routes.listWallets, async ({ query }) => {
      const { limit, cursor, tag, ...filter } = query;
      return pager.page('wallets', { ...filter, tag }, cursor, (before) =>
        wallets.list({ ...filter, tag: parseTag(tag) }, before, limit),
      );
    }),
    bind('getWallet', routes.getWallet, ({ params }) => wallets.get(params.id)),
    bind('verifyAudit', routes.verifyAudit, async ({ body }, { log }) => {
      const { stream, head } = streamOf(deps, body);
      return verifyStream({ ...deps, log }, stream, head);
    }),
  ];
}

function parseTag(tag: string | undefined): { key: string; value: string } | undefined {
  if (tag === undefined) return undefined;
  const colon = tag.indexOf(':');
  return { key: tag.slice(0, colon), value: tag.slice(colon + 1) };
}

/** The stream that a body names, and how to read where it ends. */
function streamOf(
  { wallets, policies, lanes, transactions, users, redemptions, accessHead, securityHead }: CustodyApiDependencies,
  body: z.output<typeof routes.verifyAudit.body>,
): { readonly stream: string; readonly head: () => Promise<AuditHead> } {
  const { wallet_id, policy_of, lane, transaction_id, user_id, redemption_id, principal_id, locked_out_at } = body;
  if (wallet_id !== undefined) {
    return { stream: wallet_id, head: async () => auditHeadOf(await wallets.custodyState(wallet_id)) };
  }
  if (lane !== undefined) {
    const key = parseLaneName(lane);
    const stream = laneStream(key);
    return { stream, head: async () => (await lanes.get(key))?.audit ?? emptyHead(stream) };
  }
  if (policy_of !== undefined) {
    const stream = policyStream(policy_of);
    // A wallet that isn't there has no stream either; that it is missing should be said.
    const read = () => Promise.all([policies.get(policy_of), wallets.identity(policy_of)]);
    return { stream, head: async () => (await read())[0] ?? emptyHead(stream) };
  }
  if (transaction_id !== undefined) return { stream: transaction_id, head: () => transactions.get(transaction_id) };
  if (user_id !== undefined) return { stream: user_id, head: () => users.get(user_id) };
  if (redemption_id !== undefined) return { stream: redemption_id, head: () => redemptions.get(redemption_id) };
  if (principal_id !== undefined) return { stream: accessStream(principal_id), head: () => accessHead(principal_id) };
  if (locked_out_at !== undefined) {
    return { stream: securityStream(locked_out_at), head: () => securityHead(locked_out_at) };
  }
  throw fieldError('INVALID_PARAMETER', 'body', ONE_STREAM);
}
