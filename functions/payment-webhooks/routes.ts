import { receivePaymentWebhookRoute } from '#shared/payments/processors/routes.ts';

/** What payment processors call: open to anyone, and nothing counts that isn't signed. No keys, no KMS, no chain. */
export const routes = { receivePaymentWebhook: receivePaymentWebhookRoute };
