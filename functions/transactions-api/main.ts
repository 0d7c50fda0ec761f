import { SQSClient } from '@aws-sdk/client-sqs';
import { apiFunction } from '#functions/api-runtime.ts';
import { stagePager } from '#functions/stage-secrets.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLaneKicker } from '#shared/transactions/lane/kick.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The transactions API. */
export const handler = apiFunction('transactions-api', configSchema, (config, runtime) =>
  bindRoutes({
    ...runtime,
    tables: { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE },
    wallets: createWalletStore(runtime.client, config.LEDGER_TABLE),
    chains: new ChainRegistry(config.CHAINS),
    kicker: createLaneKicker(
      new SQSClient(awsClientOptions()),
      { kickQueueUrl: config.KICK_QUEUE_URL, wakeQueueUrl: config.WAKE_QUEUE_URL },
      runtime.clock,
      runtime.log,
      runtime.metrics,
    ),
    newId,
    transactions: createTransactionStore(runtime.client, config.LEDGER_TABLE),
    audit: createAuditStore(runtime.client, config.AUDIT_TABLE),
    pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
  }),
);
