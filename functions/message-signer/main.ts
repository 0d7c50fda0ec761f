import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { createKmsKeyReader } from '#shared/custody/kms/kms-key-store.ts';
import { createKmsSigner } from '#shared/custody/kms/kms-signer.ts';
import { signingClient } from '#shared/custody/kms/kms-signing-client.ts';
import { decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createSigningPolicyReader } from '#shared/custody/messages/signing-policy.ts';
import { createEnvelopeSigner, createTierSigner } from '#shared/custody/signer.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { countedKms } from '#shared/platform/aws/counted-kms.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The message signer. */
export const handler = apiFunction(
  'message-signer',
  configSchema,
  (config, runtime) =>
    bindRoutes({
      ...runtime,
      tables: { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE },
      wallets: createWalletStore(runtime.client, config.LEDGER_TABLE),
      policies: createSigningPolicyReader(runtime.client, config.LEDGER_TABLE),
      chains: new ChainRegistry(config.CHAINS),
      signer: createTierSigner({
        envelope: createEnvelopeSigner(
          createKeyReader(runtime.client, config.KEYS_TABLE),
          createKmsKeyDecryptor(
            [config.WALLET_KEY_ARN, ...config.PREVIOUS_WALLET_KEY_ARNS],
            decryptClient(countedKms(runtime.metrics)),
          ),
        ),
        kms: createKmsSigner(
          createKmsKeyReader(runtime.client, config.KEYS_TABLE),
          signingClient(countedKms(runtime.metrics, 1)),
          {
            stage: config.STAGE,
          },
        ),
      }),
      isOn: config.MESSAGE_SIGNING,
    }),
  auditAccess,
);
