import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stageChains } from '#functions/stage-chains.ts';
import { stageKicker } from '#functions/stage-kicker.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { createTreasuryReader } from '#shared/payments/treasury/treasury.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { newId } from '#shared/platform/ids.ts';
import { createRedemptionStore } from '#shared/token/redemption-store.ts';
import { createTokenSettingsReader } from '#shared/token/token-settings.ts';
import { createFundsReader } from '#shared/transactions/funds.ts';
import { createLaneReader } from '#shared/transactions/lane/lane-reader.ts';
import { createOpenCostReader } from '#shared/transactions/open-cost.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { createUserStore } from '#shared/users/user-store.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The token API. */
export const handler = apiFunction(
  'token-api',
  configSchema,
  (config, runtime) => {
    const chains = new ChainRegistry(config.CHAINS);
    const clients = stageChains(config, runtime.client, runtime);
    return bindRoutes({
      ...runtime,
      tables: { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE },
      wallets: createWalletStore(runtime.client, config.LEDGER_TABLE),
      chains,
      clients,
      funds: createFundsReader(clients, chains),
      settings: createTokenSettingsReader(runtime.client, config.LEDGER_TABLE),
      treasury: createTreasuryReader(runtime.client, config.LEDGER_TABLE),
      users: createUserStore(runtime.client, config.LEDGER_TABLE),
      redemptions: createRedemptionStore(runtime.client, config.LEDGER_TABLE),
      transactions: createTransactionStore(runtime.client, config.LEDGER_TABLE),
      lanes: createLaneReader(runtime.client, config.LEDGER_TABLE),
      openCost: createOpenCostReader(runtime.client, config.LEDGER_TABLE),
      kicker: stageKicker(config, runtime),
      newId,
      tellsEvents: config.WEBHOOK_TRANSACTION_EVENTS,
    });
  },
  auditAccess,
);
