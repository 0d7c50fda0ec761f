import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stageChains } from '#functions/stage-chains.ts';
import { stageKicker } from '#functions/stage-kicker.ts';
import { payableAssets } from '#shared/checkout/payable-asset.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { createTreasuryChain } from '#shared/payments/refunds/look-at-treasury.ts';
import { createRefundStore } from '#shared/payments/refunds/refund-store.ts';
import { createTreasuryReader } from '#shared/payments/treasury/treasury.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { newId } from '#shared/platform/ids.ts';
import { configuredToken, createTokenSettingsReader } from '#shared/token/token-settings.ts';
import { createFundsReader } from '#shared/transactions/funds.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The refunds API. */
export const handler = apiFunction(
  'refunds-api',
  configSchema,
  (config, runtime) => {
    const chains = new ChainRegistry(config.CHAINS);
    const settings = createTokenSettingsReader(runtime.client, config.LEDGER_TABLE);
    const clients = stageChains(config, runtime.client, runtime);
    return bindRoutes({
      ...runtime,
      tables: { shop: config.SHOP_TABLE, ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE },
      refunds: createRefundStore(runtime.client, config.SHOP_TABLE),
      treasury: createTreasuryReader(runtime.client, config.LEDGER_TABLE),
      wallets: createWalletStore(runtime.client, config.LEDGER_TABLE),
      chains,
      look: createTreasuryChain(clients),
      payable: async (chainId) => payableAssets(chains.get(chainId), await configuredToken(settings)),
      funds: createFundsReader(clients, chains),
      kicker: stageKicker(config, runtime),
      newId,
    });
  },
  auditAccess,
);
