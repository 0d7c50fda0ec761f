import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import {
  configureToken,
  mintTokens,
  showToken,
  type TokenDependencies,
  transferTokens,
  walletBalances,
} from '#shared/token/token-api.ts';
import type { AcceptDependencies } from '#shared/transactions/accept.ts';
import { routes } from './routes.ts';

/** Binds the token API's routes. */
export function bindRoutes(deps: TokenDependencies & AcceptDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('configureToken', routes.configureToken, ({ body }, context) => configureToken(deps, body, context)),
    bind('getToken', routes.getToken, (_input, { deadline }) => showToken(deps, deadline)),
    bindIdempotent('mintTokens', routes.mintTokens, ({ body }, context) => mintTokens(deps, body, context)),
    bindIdempotent('transferTokens', routes.transferTokens, ({ body: { wallet_id, ...movement } }, context) =>
      transferTokens(deps, wallet_id, movement, context),
    ),
    bind('getBalances', routes.getBalances, ({ params, query }, { deadline }) =>
      walletBalances(deps, params.id, query.chain_id, deadline),
    ),
  ];
}
