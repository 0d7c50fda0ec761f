import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stagePager } from '#functions/stage-secrets.ts';
import { readApiKeyHead } from '#shared/access/api-key-store.ts';
import { readSecurityHead } from '#shared/access/lockout-store.ts';
import { readChannelHead } from '#shared/alerts/channels/channel-store.ts';
import { readAlertHead } from '#shared/alerts/read-alert-head.ts';
import { readAccessHead } from '#shared/audit/access-audit.ts';
import { lazyAnchoredHeads } from '#shared/audit/anchors/lazy-anchored-heads.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { createEntryList } from '#shared/audit/list-entries.ts';
import { readProductHead } from '#shared/catalog/read-product-head.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { createSweepStore } from '#shared/custody/lifecycle/sweep-store.ts';
import { readCommandHead } from '#shared/custody/maintenance/command-audit.ts';
import { createPolicyStore } from '#shared/custody/policy/policy-store.ts';
import { createWalletList } from '#shared/custody/wallet-list.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { readOrderHead } from '#shared/orders/read-order-head.ts';
import { readSweepHead } from '#shared/payments/sweeps/read-sweep-head.ts';
import { createTreasuryReader } from '#shared/payments/treasury/treasury.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import { redriveReader } from '#shared/queues/redrive-record.ts';
import { createRedemptionStore } from '#shared/token/redemption-store.ts';
import { createTokenSettingsReader } from '#shared/token/token-settings.ts';
import { createLaneReader } from '#shared/transactions/lane/lane-reader.ts';
import { createLanesByChain } from '#shared/transactions/lane/lanes-by-chain.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { createUserStore } from '#shared/users/user-store.ts';
import { readEndpointHead } from '#shared/webhooks/read-endpoint-head.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The custody API. */
export const handler = apiFunction(
  'custody-api',
  configSchema,
  (config, runtime) =>
    bindRoutes({
      wallets: createWalletStore(runtime.client, config.LEDGER_TABLE),
      walletList: createWalletList(
        runtime.client,
        config.LEDGER_TABLE,
        createLanesByChain(runtime.client, config.LEDGER_TABLE),
      ),
      pool: createPoolReader(runtime.client, config.LEDGER_TABLE),
      poolSize: { target: config.DEPOSIT_POOL_TARGET, lowWater: config.DEPOSIT_POOL_LOW_WATER },
      sweeps: createSweepStore(runtime.client, config.LEDGER_TABLE),
      lanes: createLaneReader(runtime.client, config.LEDGER_TABLE),
      policies: createPolicyStore(runtime.client, config.LEDGER_TABLE),
      transactions: createTransactionStore(runtime.client, config.LEDGER_TABLE),
      users: createUserStore(runtime.client, config.LEDGER_TABLE),
      redemptions: createRedemptionStore(runtime.client, config.LEDGER_TABLE),
      tokenSettings: createTokenSettingsReader(runtime.client, config.LEDGER_TABLE),
      treasury: createTreasuryReader(runtime.client, config.LEDGER_TABLE),
      breakers: createBreakerStore(runtime.client, config.EPHEMERAL_TABLE, runtime.clock),
      readRedrive: redriveReader(runtime.client, config.EPHEMERAL_TABLE),
      productHead: (sku) => readProductHead(runtime.client, config.SHOP_TABLE, sku),
      orderHead: (id) => readOrderHead(runtime.client, config.SHOP_TABLE, id),
      depositSweepHead: (id) => readSweepHead(runtime.client, config.SHOP_TABLE, id),
      webhookEndpointHead: (id) => readEndpointHead(runtime.client, config.NOTIFY_TABLE, id),
      alertHead: (id) => readAlertHead(runtime.client, config.LOGS_TABLE, id),
      channelHead: (id) => readChannelHead(runtime.client, config.NOTIFY_TABLE, id),
      apiKeyHead: (keyId) => readApiKeyHead(runtime.client, config.ACCESS_TABLE, keyId),
      audit: createAuditStore(runtime.client, config.AUDIT_TABLE),
      entries: createEntryList(runtime.client, config.AUDIT_TABLE, runtime.clock),
      anchors: lazyAnchoredHeads({
        stage: config.STAGE,
        bucket: config.ANCHOR_BUCKET,
        keyArn: config.ANCHOR_KEY_ARN,
      }),
      metrics: runtime.metrics,
      accessHead: (principalId) => readAccessHead(runtime.client, config.LEDGER_TABLE, principalId),
      commandHead: () => readCommandHead(runtime.client, config.LEDGER_TABLE),
      securityHead: (address) => readSecurityHead(runtime.client, config.EPHEMERAL_TABLE, address),
      pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
    }),
  auditAccess,
);
