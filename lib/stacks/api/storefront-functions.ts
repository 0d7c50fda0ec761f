import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** The function of the API that browsers call with a publishable key. It has no key, no KMS, and of the shop what carts need. */
export function storefrontFunctionFacts(stage: StageContext, parts: ApiParts) {
  const { data, secrets } = parts;
  const { idempotency } = commonFacts(stage, parts);
  return {
    'storefront-api': {
      name: 'storefront-api',
      description: 'Carts of storefronts, with what is reserved for them. No keys, no KMS.',
      permissions: [
        data.shop.allowRows(['PRODUCT#*', 'STOCK#*'], 'BatchGetItem'),
        // Update: a cart that was tampered with leaves the indexes.
        data.shop.allowRows(['CART#*'], 'GetItem', 'PutItem', 'UpdateItem'),
        // Get, because a failed condition shows the item.
        data.shop.allowRows(['STOCK#*'], 'GetItem', 'UpdateItem'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        idempotency,
        allowRead(secrets.shop),
      ],
      environment: {
        SHOP_TABLE: data.shop.tableName,
        LOGS_TABLE: data.logs.tableName,
        SHOP_SECRET_ARN: secrets.shop.secretArn,
        CART_RESERVATION_MINUTES: String(stage.config.shop.cart_reservation_minutes),
        SHOP_CURRENCY: stage.config.shop.currency,
      },
      errorImpact: 'Customers cannot fill their carts.',
    },
  } satisfies Record<string, FunctionFacts>;
}
