import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { createRequestStore } from '#shared/custody/dual-control/request-store.ts';
import { EXPORT_KIND } from '#shared/custody/export/export.ts';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { countedKms } from '#shared/platform/aws/counted-kms.ts';
import { newId } from '#shared/platform/ids.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The key export. */
export const handler = apiFunction(
  'key-export',
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
      exports: createRequestStore(runtime.client, config.APPROVALS_TABLE, EXPORT_KIND),
      // A reader remembers; a key that leaves is read anew each time.
      keys: { read: (walletId) => createKeyReader(runtime.client, config.KEYS_TABLE).read(walletId) },
      decryptor: createKmsKeyDecryptor(
        [config.WALLET_KEY_ARN, ...config.PREVIOUS_WALLET_KEY_ARNS],
        decryptClient(countedKms(runtime.metrics)),
      ),
      exportIsOn: config.KEY_EXPORT,
      newId,
    }),
  auditAccess,
);
