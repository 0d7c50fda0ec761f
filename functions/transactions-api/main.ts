import { SQSClient } from '@aws-sdk/client-sqs';
import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stageChains } from '#functions/stage-chains.ts';
import { stageKicker } from '#functions/stage-kicker.ts';
import { stagePager } from '#functions/stage-secrets.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { newId } from '#shared/platform/ids.ts';
import { createOutboxWaker } from '#shared/platform/outbox/outbox-waker.ts';
import { createFundsReader } from '#shared/transactions/funds.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The transactions API. */
export const handler = apiFunction(
  'transactions-api',
  configSchema,
  (config, runtime) => {
    const sqs = new SQSClient(awsClientOptions());
    const chains = new ChainRegistry(config.CHAINS);
    const clients = stageChains(config, runtime.client, runtime);
    return bindRoutes({
      ...runtime,
      tables: { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE },
      wallets: createWalletStore(runtime.client, config.LEDGER_TABLE),
      chains,
      funds: createFundsReader(clients, chains),
      kicker: stageKicker(config, runtime, sqs),
      waker: createOutboxWaker(sqs, config.OUTBOX_QUEUE_URL, runtime.log, runtime.metrics),
      newId,
      tellsEvents: config.WEBHOOK_TRANSACTION_EVENTS,
      transactions: createTransactionStore(runtime.client, config.LEDGER_TABLE),
      audit: createAuditStore(runtime.client, config.AUDIT_TABLE),
      pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
    });
  },
  auditAccess,
);
