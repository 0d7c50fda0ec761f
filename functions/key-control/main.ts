import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stagePager } from '#functions/stage-secrets.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The key control. */
export const handler = apiFunction(
  'key-control',
  configSchema,
  (config, runtime) =>
    bindRoutes({
      ...runtime,
      tables: {
        approvals: config.APPROVALS_TABLE,
        ledger: config.LEDGER_TABLE,
        audit: config.AUDIT_TABLE,
        logs: config.LOGS_TABLE,
      },
      wallets: createWalletStore(runtime.client, config.LEDGER_TABLE),
      pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
      deciders: config.DUAL_CONTROL,
      exportIsOn: config.KEY_EXPORT,
      retentionDays: config.KEY_RETENTION_DAYS,
      newId,
    }),
  auditAccess,
);
