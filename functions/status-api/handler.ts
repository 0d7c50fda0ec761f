import { type ChainsDependencies, showChains } from '#shared/operations/show-chains.ts';
import { type BoundRoute, bind } from '#shared/platform/http/bound-route.ts';
import { type StatusDependencies, showStatus } from '#shared/transactions/status/show-status.ts';
import { routes } from './routes.ts';

/** Binds the status API's routes. */
export function bindRoutes(deps: StatusDependencies & ChainsDependencies): readonly BoundRoute[] {
  return [
    bind('transactionsStatus', routes.transactionsStatus, (_input, { deadline, log }) =>
      showStatus(deps, deadline, log),
    ),
    bind('listChains', routes.listChains, (_input, { deadline, log }) => showChains(deps, deadline, log)),
  ];
}
