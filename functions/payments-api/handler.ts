import type { PaymentLedger } from '#shared/payments/accounting/payment-ledger.ts';
import { type RetrySweepDependencies, requireSweep, retrySweep } from '#shared/payments/sweeps/retry-sweep.ts';
import { toDepositSweepView } from '#shared/payments/sweeps/routes.ts';
import type { SweepList } from '#shared/payments/sweeps/sweep-list.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { routes } from './routes.ts';

/** What the payments API needs. */
export interface PaymentsApiDependencies extends RetrySweepDependencies {
  readonly sweepList: SweepList;
  readonly ledger: PaymentLedger;
  readonly pager: ListPager;
}

/** Binds the payments API's routes. */
export function bindRoutes(deps: PaymentsApiDependencies): readonly BoundRoute[] {
  const { sweepList, ledger, pager } = deps;
  return [
    bind('listPayments', routes.listPayments, ({ query: { limit, cursor, ...filter } }) =>
      pager.page('payments', filter, cursor, async (after) => {
        const { payments, next } = await ledger.page(filter, 'newest_first', after, limit);
        const wanted = payments.filter(({ status }) => filter.status === undefined || status === filter.status);
        return { rows: wanted, lastId: next };
      }),
    ),
    bind('listDepositSweeps', routes.listDepositSweeps, ({ query: { limit, cursor, ...filter } }) =>
      pager.page('deposit-sweeps', filter, cursor, async (before) => {
        const { rows, lastId } = await sweepList.list(filter, before, limit);
        return { rows: rows.map(toDepositSweepView), lastId };
      }),
    ),
    bind('getDepositSweep', routes.getDepositSweep, async ({ params }) =>
      toDepositSweepView(await requireSweep(deps, params.id)),
    ),
    bindIdempotent('retryDepositSweep', routes.retryDepositSweep, ({ params, body }, context) =>
      retrySweep(deps, params.id, body.reason, context),
    ),
  ];
}
