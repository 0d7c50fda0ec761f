import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { createKmsKeyMaker } from '#shared/custody/kms/kms-key-maker.ts';
import { dataKeyClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { keepTakenDeposits } from '#shared/custody/lifecycle/keep-taken-deposits.ts';
import { createSweepStore } from '#shared/custody/lifecycle/sweep-store.ts';
import { createPolicyStore } from '#shared/custody/policy/policy-store.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { countedKms } from '#shared/platform/aws/counted-kms.ts';
import { newId } from '#shared/platform/ids.ts';
import { moveUser } from '#shared/users/follow-rotation.ts';
import { createUserStore } from '#shared/users/user-store.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The wallet rotator. */
export const handler = apiFunction(
  'wallet-rotator',
  configSchema,
  (config, runtime) => {
    const { client } = runtime;
    const tables = {
      ledger: config.LEDGER_TABLE,
      keys: config.KEYS_TABLE,
      audit: config.AUDIT_TABLE,
      logs: config.LOGS_TABLE,
    };
    return bindRoutes({
      ...runtime,
      tables,
      encryptor: createKmsKeyEncryptor(config.WALLET_KEY_ARN, dataKeyClient(countedKms(runtime.metrics))),
      kmsKeys: createKmsKeyMaker(
        { stage: config.STAGE, policy: config.KMS_KEY_POLICY },
        countedKms(runtime.metrics, 1),
      ),
      newId,
      wallets: createWalletStore(client, tables.ledger),
      policies: createPolicyStore(client, tables.ledger),
      sweeps: createSweepStore(client, tables.ledger),
      followers: [
        keepTakenDeposits(tables, createPoolReader(client, tables.ledger)),
        moveUser({ tables, users: createUserStore(client, tables.ledger) }),
      ],
    });
  },
  auditAccess,
);
