import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** The function of the API that serves products and their stock. It has no key, no wallet and no right to write an order. */
export function catalogFunctionFacts(stage: StageContext, parts: ApiParts) {
  const { data, secrets } = parts;
  const { ledger, audit, idempotency, accessHeads } = commonFacts(stage, parts);
  return {
    'catalog-api': {
      name: 'catalog-api',
      description: 'Shows and changes products and their stock. No keys, nothing of wallets; writes no order.',
      permissions: [
        // Carts and orders: what they hold of each shard is counted against it.
        data.shop.allowRows(['CART#*', 'LOW_STOCK#*', 'ORDER#*', 'PRODUCT#*', 'STOCK#*'], 'BatchGetItem'),
        // Get, because a failed condition shows the item; the report is shown as it is.
        data.shop.allowRows(['LOW_STOCK#*', 'PRODUCT#*', 'STOCK#*', 'STOCK_REPORT'], 'GetItem', 'PutItem'),
        data.shop.allowRows(['STOCK#*'], 'UpdateItem'),
        data.shop.allowIndexQuery('gsi1'),
        data.shop.allowIndexQuery('gsi2'),
        data.shop.allowIndexQuery('gsi3'),
        accessHeads,
        data.audit.allowRows(['access:*', 'product:*'], 'PutItem'),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        idempotency,
        allowRead(secrets.signing),
      ],
      environment: {
        ...ledger,
        ...audit,
        SHOP_TABLE: data.shop.tableName,
        LOGS_TABLE: data.logs.tableName,
        SIGNING_SECRET_ARN: secrets.signing.secretArn,
      },
      errorImpact: 'Products and stock cannot be seen or changed.',
    },
  } satisfies Record<string, FunctionFacts>;
}
