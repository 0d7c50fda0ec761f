import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { createKmsKeyMaker } from '#shared/custody/kms/kms-key-maker.ts';
import { dataKeyClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { countedKms } from '#shared/platform/aws/counted-kms.ts';
import { newId } from '#shared/platform/ids.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The wallet provisioner. */
export const handler = apiFunction(
  'wallet-provisioner',
  configSchema,
  (config, runtime) =>
    bindRoutes({
      ...runtime,
      tables: { ledger: config.LEDGER_TABLE, keys: config.KEYS_TABLE, audit: config.AUDIT_TABLE },
      encryptor: createKmsKeyEncryptor(config.WALLET_KEY_ARN, dataKeyClient(countedKms(runtime.metrics))),
      kmsKeys: createKmsKeyMaker(
        { stage: config.STAGE, policy: config.KMS_KEY_POLICY },
        countedKms(runtime.metrics, 1),
      ),
      newId,
    }),
  auditAccess,
);
