import { listChainsRoute } from '#shared/operations/chain-routes.ts';
import { transactionsStatusRoute } from '#shared/transactions/status/routes.ts';

/** Routes that show operators how Haven is getting on: they read the ledger and the chains, and change nothing. */
export const routes = { transactionsStatus: transactionsStatusRoute, listChains: listChainsRoute };
