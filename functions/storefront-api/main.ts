import { SQSClient } from '@aws-sdk/client-sqs';
import { apiFunction } from '#functions/api-runtime.ts';
import { stageBreakers } from '#functions/stage-breakers.ts';
import { stageChainClients, stagePager, stageShopKey } from '#functions/stage-secrets.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { createPoolKicker } from '#shared/custody/deposit-pool/pool-kicker.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { ProcessorRegistry } from '#shared/payments/processors/processor-config.ts';
import { createRefundStore } from '#shared/payments/refunds/refund-store.ts';
import { createScanKicker } from '#shared/payments/scan/scan-kick.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { newId } from '#shared/platform/ids.ts';
import { createPriceSource } from '#shared/prices/price-source.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The storefront API. */
export const handler = apiFunction('storefront-api', configSchema, (config, runtime) => {
  const { client, clock, metrics, log } = runtime;
  const chains = new ChainRegistry(config.CHAINS);
  const sqs = new SQSClient(awsClientOptions());
  const breakers = stageBreakers(config, client, runtime);
  const clients = stageChainClients(config.RPC_SECRET_ARN, clock, log, { breakers, chains: config.CHAINS, metrics });
  return bindRoutes({
    ...runtime,
    tables: {
      shop: config.SHOP_TABLE,
      ledger: config.LEDGER_TABLE,
      audit: config.AUDIT_TABLE,
      logs: config.LOGS_TABLE,
    },
    products: createProductReader(client, config.SHOP_TABLE),
    orders: createOrderStore(client, config.SHOP_TABLE),
    refunds: createRefundStore(client, config.SHOP_TABLE),
    readShopKey: stageShopKey(config.SHOP_SECRET_ARN, clock),
    reservationMs: config.CART_RESERVATION_MINUTES * 60_000,
    emptyCurrency: config.SHOP_CURRENCY,
    invoiceMinutes: config.INVOICE_MINUTES,
    toleranceBps: config.PAYMENT_TOLERANCE_BPS,
    chains,
    processors: new ProcessorRegistry(config.PAYMENT_PROCESSORS),
    prices: createPriceSource({ chains, clients, breakers, clock }),
    pool: createPoolReader(client, config.LEDGER_TABLE),
    poolSize: { target: config.DEPOSIT_POOL_TARGET, lowWater: config.DEPOSIT_POOL_LOW_WATER },
    poolKicker: createPoolKicker(sqs, config.REFILL_QUEUE_URL, runtime),
    scanKicker: createScanKicker(sqs, config.SCAN_QUEUE_URL, runtime),
    pager: stagePager(config.SIGNING_SECRET_ARN, clock),
    newId,
  });
});
