import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stagePager } from '#functions/stage-secrets.ts';
import { createPaymentLedger } from '#shared/payments/accounting/payment-ledger.ts';
import { createDepositSweepStore } from '#shared/payments/sweeps/deposit-sweep-store.ts';
import { createSweepList } from '#shared/payments/sweeps/sweep-list.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The payments API. */
export const handler = apiFunction(
  'payments-api',
  configSchema,
  (config, runtime) =>
    bindRoutes({
      ...runtime,
      tables: { shop: config.SHOP_TABLE, audit: config.AUDIT_TABLE },
      sweeps: createDepositSweepStore(runtime.client, config.SHOP_TABLE),
      sweepList: createSweepList(runtime.client, config.SHOP_TABLE),
      ledger: createPaymentLedger(runtime.client, config.SHOP_TABLE),
      pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
    }),
  auditAccess,
);
