import { type ReceiveDependencies, receiveWebhook } from '#shared/payments/processors/receive-webhook.ts';
import { type BoundRoute, bindRaw } from '#shared/platform/http/bound-route.ts';
import { routes } from './routes.ts';

/** Binds what processors call. */
export function bindRoutes(deps: ReceiveDependencies): readonly BoundRoute[] {
  return [
    bindRaw('receivePaymentWebhook', routes.receivePaymentWebhook, ({ params, raw }, context) =>
      receiveWebhook(deps, params.processor, raw, context),
    ),
  ];
}
