import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { createPolicyStore } from '#shared/custody/policy/policy-store.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { createTokenSettingsReader, namedToken } from '#shared/token/token-settings.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The policy administration. */
export const handler = apiFunction(
  'policy-admin',
  configSchema,
  (config, { client, clock }) => {
    const settings = createTokenSettingsReader(client, config.LEDGER_TABLE);
    return bindRoutes({
      client,
      clock,
      tables: { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE },
      wallets: createWalletStore(client, config.LEDGER_TABLE),
      policies: createPolicyStore(client, config.LEDGER_TABLE),
      chains: new ChainRegistry(config.CHAINS),
      namedToken: () => namedToken(settings),
    });
  },
  auditAccess,
);
