import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stagePager } from '#functions/stage-secrets.ts';
import { createRedemptionStore } from '#shared/token/redemption-store.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { createUserStore } from '#shared/users/user-store.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The users API. */
export const handler = apiFunction(
  'users-api',
  configSchema,
  (config, runtime) =>
    bindRoutes({
      client: runtime.client,
      clock: runtime.clock,
      tables: { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE },
      users: createUserStore(runtime.client, config.LEDGER_TABLE),
      transactions: createTransactionStore(runtime.client, config.LEDGER_TABLE),
      redemptions: createRedemptionStore(runtime.client, config.LEDGER_TABLE),
      pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
    }),
  auditAccess,
);
