import type { AuditStore } from '#shared/audit/audit-store.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import type { OutboxWaker } from '#shared/platform/outbox/outbox-waker.ts';
import { type AcceptDependencies, acceptTransaction, type TransactionIntent } from '#shared/transactions/accept.ts';
import { acceptBatch } from '#shared/transactions/batch/accept-batch.ts';
import { requestCancel, requestSpeed } from '#shared/transactions/change-request.ts';
import { changeTransaction } from '#shared/transactions/change-transaction.ts';
import { retryTransaction } from '#shared/transactions/retry.ts';
import type { IntentBody } from '#shared/transactions/routes.ts';
import type { TransactionStore } from '#shared/transactions/transaction-store.ts';
import { toTransactionDetail } from '#shared/transactions/view.ts';
import { routes } from './routes.ts';

/** What the transactions API needs. */
export interface TransactionsApiDependencies extends AcceptDependencies {
  readonly transactions: TransactionStore;
  readonly waker: OutboxWaker;
  readonly audit: AuditStore;
  readonly pager: ListPager;
}

/** Binds the transactions API's routes. */
export function bindRoutes(deps: TransactionsApiDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('createTransaction', routes.createTransaction, ({ body }, context) =>
      acceptTransaction(deps, intentOf(body), context),
    ),
    bindIdempotent('createTransactionBatch', routes.createTransactionBatch, ({ body }, context) =>
      acceptBatch(deps, body.transactions.map(intentOf), context),
    ),
    bind('listTransactions', routes.listTransactions, async ({ query }) => {
      const { limit, cursor, wallet_id, chain_id, ...rest } = query;
      const filter = { ...rest, walletId: wallet_id, chainId: chain_id };
      return deps.pager.page('transactions', filter, cursor, (before) => deps.transactions.list(filter, before, limit));
    }),
    bind('getTransaction', routes.getTransaction, async ({ params }) => {
      const [transaction, entries] = await Promise.all([
        deps.transactions.get(params.id),
        deps.audit.entries(params.id),
      ]);
      return toTransactionDetail(transaction, entries);
    }),
    bindIdempotent('cancelTransaction', routes.cancelTransaction, ({ params }, context) =>
      changeTransaction(deps, params.id, requestCancel, context),
    ),
    bindIdempotent('accelerateTransaction', routes.accelerateTransaction, ({ params, body }, context) =>
      changeTransaction(deps, params.id, requestSpeed(body.speed), context),
    ),
    bindIdempotent('retryTransaction', routes.retryTransaction, ({ params, body }, context) =>
      retryTransaction(
        deps,
        params.id,
        { speed: body.speed, reference: body.reference, validUntil: body.valid_until },
        context,
      ),
    ),
  ];
}

function intentOf(body: IntentBody): TransactionIntent {
  return {
    walletId: body.wallet_id,
    chainId: body.chain_id,
    to: body.to,
    value: body.value,
    data: body.data,
    speed: body.speed,
    reference: body.reference,
    validUntil: body.valid_until,
    tellsEvents: body.tell_events,
  };
}
