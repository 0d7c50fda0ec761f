import { recordProcessorRefund } from '#shared/payments/refunds/record-processor-refund.ts';
import { toRefundView } from '#shared/payments/refunds/refund.ts';
import { type RefundDependencies, requestRefund } from '#shared/payments/refunds/request-refund.ts';
import { showRefunds } from '#shared/payments/refunds/show-refunds.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import { routes } from './routes.ts';

/** Binds the refunds API's routes. */
export function bindRoutes(deps: RefundDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('refundOrder', routes.refundOrder, async ({ params, body }, context) =>
      toRefundView(await requestRefund(deps, params.id, body, context)),
    ),
    bindIdempotent('recordProcessorRefund', routes.recordProcessorRefund, ({ params, body }, context) =>
      recordProcessorRefund(deps, params.id, body, context),
    ),
    bind('listRefunds', routes.listRefunds, ({ params }) => showRefunds(deps, params.id)),
  ];
}
