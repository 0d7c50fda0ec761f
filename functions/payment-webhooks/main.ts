import { apiFunction } from '#functions/api-runtime.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { ProcessorRegistry } from '#shared/payments/processors/processor-config.ts';
import { processorSecretsSchema } from '#shared/payments/processors/verify.ts';
import { jsonSecretReader } from '#shared/platform/aws/secrets.ts';
import { newId } from '#shared/platform/ids.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** What payment processors call. */
export const handler = apiFunction('payment-webhooks', configSchema, (config, runtime) =>
  bindRoutes({
    ...runtime,
    tables: { shop: config.SHOP_TABLE, audit: config.AUDIT_TABLE, logs: config.LOGS_TABLE },
    orders: createOrderStore(runtime.client, config.SHOP_TABLE),
    processors: new ProcessorRegistry(config.PAYMENT_PROCESSORS),
    readSecrets: jsonSecretReader(
      config.PROCESSORS_SECRET_ARN,
      'PROCESSORS_SECRET',
      processorSecretsSchema,
      runtime.clock,
    ),
    graceMs: config.PROCESSOR_GRACE_SECONDS * 1_000,
    newId,
  }),
);
