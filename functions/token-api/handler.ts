import { type NameTreasuryDependencies, nameTreasury } from '#shared/payments/treasury/name-treasury.ts';
import { toTreasuryView } from '#shared/payments/treasury/routes.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import { holderOf, recipientOf } from '#shared/token/parties.ts';
import { type RedeemDependencies, redeemTokens } from '#shared/token/redeem.ts';
import {
  burnTokens,
  configureToken,
  mintTokens,
  showToken,
  type TokenDependencies,
  transferTokens,
  userBalance,
  walletBalances,
} from '#shared/token/token-api.ts';
import { showNonces } from '#shared/transactions/nonces/nonce-status.ts';
import { type ResetDependencies, resetNonces } from '#shared/transactions/nonces/reset-nonces.ts';
import { routes } from './routes.ts';

/** Binds the token API's routes. */
export function bindRoutes(
  deps: TokenDependencies & RedeemDependencies & ResetDependencies & NameTreasuryDependencies,
): readonly BoundRoute[] {
  const { users } = deps;
  return [
    bindIdempotent('configureToken', routes.configureToken, ({ body }, context) => configureToken(deps, body, context)),
    bind('getToken', routes.getToken, (_input, { deadline }) => showToken(deps, deadline)),
    bindIdempotent('mintTokens', routes.mintTokens, async ({ body }, context) =>
      mintTokens(deps, { ...body, to: await recipientOf(users, body) }, context),
    ),
    bindIdempotent('transferTokens', routes.transferTokens, async ({ body }, context) =>
      transferTokens(deps, body.wallet_id, { ...body, to: await recipientOf(users, body) }, context),
    ),
    bindIdempotent('burnTokens', routes.burnTokens, async ({ body }, context) =>
      burnTokens(deps, await holderOf(users, body), body, context),
    ),
    bindIdempotent('redeemTokens', routes.redeemTokens, ({ body }, context) => redeemTokens(deps, body, context)),
    bind('getUserBalance', routes.getUserBalance, ({ params }, { deadline }) =>
      userBalance(deps, params.user_id, deadline),
    ),
    bind('getBalances', routes.getBalances, ({ params, query }, { deadline }) =>
      walletBalances(deps, params.id, query.chain_id, deadline),
    ),
    bind('getNonces', routes.getNonces, ({ params, query }, { deadline }) =>
      showNonces(deps, params.id, query.chain_id, deadline),
    ),
    bindIdempotent('resetNonces', routes.resetNonces, ({ params, body }, context) =>
      resetNonces(deps, params.id, { ...body, chainId: body.chain_id }, context),
    ),
    bindIdempotent('nameTreasury', routes.nameTreasury, ({ body }, context) =>
      nameTreasury(deps, body.wallet_id, context),
    ),
    bind('getTreasury', routes.getTreasury, async () => toTreasuryView(await deps.treasury.get())),
  ];
}
