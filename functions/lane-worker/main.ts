import { SQSClient } from '@aws-sdk/client-sqs';
import { stageChains } from '#functions/stage-chains.ts';
import { stageKicker } from '#functions/stage-kicker.ts';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { createKmsKeyReader } from '#shared/custody/kms/kms-key-store.ts';
import { createKmsSigner } from '#shared/custody/kms/kms-signer.ts';
import { signingClient } from '#shared/custody/kms/kms-signing-client.ts';
import { decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createEnvelopeSigner, createTierSigner } from '#shared/custody/signer.ts';
import { createWalletIdentities } from '#shared/custody/wallet-identities.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { countedKms } from '#shared/platform/aws/counted-kms.ts';
import { createFinishedMessages } from '#shared/platform/aws/finished-messages.ts';
import { createMessageHold } from '#shared/platform/aws/message-hold.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { createOutboxWaker } from '#shared/platform/outbox/outbox-waker.ts';
import { sleep } from '#shared/platform/retry.ts';
import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const log = createLambdaLog('lane-worker');
const metrics = createLambdaMetrics('lane-worker');
const client = createDocumentClient();
const sqs = new SQSClient(awsClientOptions());

/** The lane worker: the only signer. */
export const handler = createHandler({
  store: createLaneStore(
    client,
    { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE, logs: config.LOGS_TABLE },
    createOutboxWaker(sqs, config.OUTBOX_QUEUE_URL, log, metrics),
  ),
  wallets: createWalletIdentities(client, config.LEDGER_TABLE),
  chains: new ChainRegistry(config.CHAINS),
  clients: stageChains(config, client, { clock: systemClock, log, metrics }),
  signer: createTierSigner({
    envelope: createEnvelopeSigner(
      createKeyReader(client, config.KEYS_TABLE),
      createKmsKeyDecryptor(
        [config.WALLET_KEY_ARN, ...config.PREVIOUS_WALLET_KEY_ARNS],
        decryptClient(countedKms(metrics)),
      ),
    ),
    kms: createKmsSigner(createKmsKeyReader(client, config.KEYS_TABLE), signingClient(countedKms(metrics, 1)), {
      stage: config.STAGE,
    }),
  }),
  kicker: stageKicker(config, { clock: systemClock, log, metrics }, sqs),
  hold: createMessageHold(sqs, config.KICK_QUEUE_URL, log),
  finished: createFinishedMessages(sqs, config.KICK_QUEUE_URL, log),
  clock: systemClock,
  sleep,
  newId,
  log,
  metrics,
});
