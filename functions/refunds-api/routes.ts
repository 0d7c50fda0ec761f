import { listRefundsRoute, recordProcessorRefundRoute, refundOrderRoute } from '#shared/payments/refunds/routes.ts';

/** What gives money back: it writes orders and lanes at once, as nothing else does. No keys, no KMS. */
export const routes = {
  refundOrder: refundOrderRoute,
  recordProcessorRefund: recordProcessorRefundRoute,
  listRefunds: listRefundsRoute,
};
