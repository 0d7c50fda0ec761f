import { breakerSettings } from '../../breaker-settings.ts';
import { pricedChainSettings } from '../../chain-settings.ts';
import { processorSettings } from '../../stage/payment-processors.ts';
import type { StageContext } from '../../stage-context.ts';
import { poolSettings } from '../deposit-pool-stack.ts';
import { allowRead } from '../secrets-stack.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** What a checkout reads first: the cart, slots of the deposit pool, and where the HAVEN token is. */
const FIRST_READ = ['CART#*', 'DEPOSIT_POOL#*', 'TOKEN#HAVEN'];

/** The functions of the API that sell: one that browsers call with a publishable key, and one for operators. Neither has a key or KMS. */
export function storefrontFunctionFacts(stage: StageContext, parts: ApiParts) {
  const { data, secrets, depositPool, scan } = parts;
  const { ledger, audit, idempotency, accessHeads } = commonFacts(stage, parts);
  return {
    'storefront-api': {
      name: 'storefront-api',
      description: 'Carts of storefronts, checkouts, and what customers see of their orders. No keys, no KMS.',
      permissions: [
        data.shop.allowRows(['PRODUCT#*', 'STOCK#*'], 'BatchGetItem'),
        // Cart and slots are read at once, and the keys of the whole request may be what a condition sees: neither table has
        // rows of the other's kinds.
        data.shop.allowRows(FIRST_READ, 'BatchGetItem'),
        data.ledger.allowRows(FIRST_READ, 'BatchGetItem'),
        // Update: a cart that was tampered with leaves the indexes.
        data.shop.allowRows(['CART#*'], 'GetItem', 'PutItem', 'UpdateItem'),
        // Get, because a failed condition shows the item.
        data.shop.allowRows(['STOCK#*'], 'ConditionCheckItem', 'GetItem', 'UpdateItem'),
        data.shop.allowRows(['ORDER#*'], 'Query'),
        data.shop.allowRows(['NOTICE#*', 'ORDER#*', 'PAYMENT_ADDRESS#*'], 'PutItem'),
        // What is not to be refunded to.
        data.shop.allowRows(['PAYMENT_ADDRESS#*'], 'GetItem'),
        // An order takes a wallet from the pool: docs/decisions/0021-deposit-pool.md.
        data.ledger.allowRows(['DEPOSIT_POOL#*'], 'DeleteItem', 'Query'),
        data.ledger.allowRows(['DEPOSIT#*'], 'PutItem'),
        data.ledger.allowRows(['CUSTODY#*', 'WALLET#*'], 'ConditionCheckItem'),
        data.audit.allowRows(['deposit:*', 'ord_*'], 'PutItem'),
        depositPool.kicks.allowSend(),
        scan.kicks.allowSend(),
        data.logs.allowRows(['ALERT#*'], 'PutItem'),
        idempotency,
        allowRead(secrets.rpc, secrets.shop, secrets.signing),
      ],
      environment: {
        ...ledger,
        ...audit,
        ...pricedChainSettings(stage.config),
        ...breakerSettings(stage.config),
        ...processorSettings(stage.config),
        ...poolSettings(stage.config),
        REFILL_QUEUE_URL: depositPool.kicks.queue.queueUrl,
        SCAN_QUEUE_URL: scan.kicks.queue.queueUrl,
        RPC_SECRET_ARN: secrets.rpc.secretArn,
        SIGNING_SECRET_ARN: secrets.signing.secretArn,
        INVOICE_MINUTES: String(stage.config.shop.invoice_minutes),
        PAYMENT_TOLERANCE_BPS: String(stage.config.shop.payment_tolerance_bps),
        SHOP_TABLE: data.shop.tableName,
        LOGS_TABLE: data.logs.tableName,
        SHOP_SECRET_ARN: secrets.shop.secretArn,
        CART_RESERVATION_MINUTES: String(stage.config.shop.cart_reservation_minutes),
        SHOP_CURRENCY: stage.config.shop.currency,
      },
      errorImpact: 'Customers cannot fill their carts, nor order.',
      harm: 'checkout',
    },
    'orders-api': {
      name: 'orders-api',
      description:
        'Shows operators orders and what became of them, and makes the changes they ask for. No keys, no KMS.',
      permissions: [
        data.shop.allowRows(['ORDER#*'], 'BatchGetItem', 'PutItem', 'Query'),
        data.shop.allowRows(['PRODUCT#*', 'STOCK#*'], 'BatchGetItem'),
        // Get, because a failed condition shows the item.
        data.shop.allowRows(['STOCK#*'], 'GetItem', 'UpdateItem'),
        data.shop.allowRows(['NOTICE#*'], 'PutItem'),
        data.shop.allowRows(['PROCESSOR_INVOICE#*'], 'PutItem'),
        data.shop.allowIndexQuery('gsi1'),
        data.shop.allowIndexQuery('gsi2'),
        data.shop.allowIndexQuery('gsi4'),
        accessHeads,
        data.audit.allowRows(['access:*', 'ord_*'], 'PutItem'),
        data.audit.allowRows(['ord_*'], 'Query'),
        idempotency,
        allowRead(secrets.shop, secrets.signing),
      ],
      environment: {
        ...ledger,
        ...audit,
        SHOP_TABLE: data.shop.tableName,
        SHOP_SECRET_ARN: secrets.shop.secretArn,
        SIGNING_SECRET_ARN: secrets.signing.secretArn,
      },
      errorImpact: 'Operators cannot see or change orders.',
    },
  } satisfies Record<string, FunctionFacts>;
}
