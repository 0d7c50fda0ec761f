import { bindRoutes as accessApi } from '#functions/access-api/handler.ts';
import { bindRoutes as alertsApi } from '#functions/alerts-api/handler.ts';
import { bindRoutes as catalogApi } from '#functions/catalog-api/handler.ts';
import { bindRoutes as custodyApi } from '#functions/custody-api/handler.ts';
import { bindRoutes as keyControl } from '#functions/key-control/handler.ts';
import { bindRoutes as keyExport } from '#functions/key-export/handler.ts';
import { bindRoutes as messageSigner } from '#functions/message-signer/handler.ts';
import { bindRoutes as opsApi } from '#functions/ops-api/handler.ts';
import { bindRoutes as ordersApi } from '#functions/orders-api/handler.ts';
import { bindRoutes as paymentWebhooks } from '#functions/payment-webhooks/handler.ts';
import { bindRoutes as paymentsApi } from '#functions/payments-api/handler.ts';
import { bindRoutes as policyAdmin } from '#functions/policy-admin/handler.ts';
import { bindRoutes as refundsApi } from '#functions/refunds-api/handler.ts';
import { bindRoutes as statusApi } from '#functions/status-api/handler.ts';
import { bindRoutes as storefrontApi } from '#functions/storefront-api/handler.ts';
import { bindRoutes as tokenApi } from '#functions/token-api/handler.ts';
import { bindRoutes as transactionsApi } from '#functions/transactions-api/handler.ts';
import { bindRoutes as usersApi } from '#functions/users-api/handler.ts';
import { bindRoutes as walletProvisioner } from '#functions/wallet-provisioner/handler.ts';
import { bindRoutes as walletRotator } from '#functions/wallet-rotator/handler.ts';
import { bindRoutes as webhooksApi } from '#functions/webhooks-api/handler.ts';
import { readApiKeyHead } from '#shared/access/api-key-store.ts';
import { readSecurityHead } from '#shared/access/lockout-store.ts';
import { createAlertList } from '#shared/alerts/alert-list.ts';
import { createChannelStore, readChannelHead } from '#shared/alerts/channels/channel-store.ts';
import { createDeliveryStore } from '#shared/alerts/delivery/delivery-store.ts';
import { readAlertHead } from '#shared/alerts/read-alert-head.ts';
import { readAccessHead } from '#shared/audit/access-audit.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { endOfStream } from '#shared/audit/end-of-stream.ts';
import { createEntryList } from '#shared/audit/list-entries.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { readProductHead } from '#shared/catalog/read-product-head.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { createRequestStore } from '#shared/custody/dual-control/request-store.ts';
import { EXPORT_KIND } from '#shared/custody/export/export.ts';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { createSweepStore } from '#shared/custody/lifecycle/sweep-store.ts';
import { readCommandHead } from '#shared/custody/maintenance/command-audit.ts';
import { createSigningPolicyReader } from '#shared/custody/messages/signing-policy.ts';
import { createPolicyStore } from '#shared/custody/policy/policy-store.ts';
import { createWalletList } from '#shared/custody/wallet-list.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { createIncidentList } from '#shared/incidents/incident-list.ts';
import { readIncident } from '#shared/incidents/incident-store.ts';
import { createReadinessCheck, type Dependency } from '#shared/operations/readiness.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { readOrderHead } from '#shared/orders/read-order-head.ts';
import { createPaymentLedger } from '#shared/payments/accounting/payment-ledger.ts';
import { ProcessorRegistry } from '#shared/payments/processors/processor-config.ts';
import { createTreasuryChain } from '#shared/payments/refunds/look-at-treasury.ts';
import { createRefundStore } from '#shared/payments/refunds/refund-store.ts';
import { createDepositSweepStore } from '#shared/payments/sweeps/deposit-sweep-store.ts';
import { readSweepHead } from '#shared/payments/sweeps/read-sweep-head.ts';
import { createSweepList } from '#shared/payments/sweeps/sweep-list.ts';
import { createTreasuryReader } from '#shared/payments/treasury/treasury.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import type { BoundRoute } from '#shared/platform/http/bound-route.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { NO_WAKER } from '#shared/platform/outbox/outbox-waker.ts';
import { createPriceSource } from '#shared/prices/price-source.ts';
import { redriveReader } from '#shared/queues/redrive-record.ts';
import { createRedemptionStore } from '#shared/token/redemption-store.ts';
import { createTokenSettingsReader, namedToken } from '#shared/token/token-settings.ts';
import { createLaneReader } from '#shared/transactions/lane/lane-reader.ts';
import { createLanesByChain } from '#shared/transactions/lane/lanes-by-chain.ts';
import { createStatusStore } from '#shared/transactions/status/status-store.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { createUserStore } from '#shared/users/user-store.ts';
import { readEndpointHead } from '#shared/webhooks/read-endpoint-head.ts';
import { NO_ANCHORS } from './audit-stream.ts';
import { breakerBench } from './breakers.ts';
import { catalogParts } from './catalog-desk.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeSigningKms } from './fake-signing-kms.ts';
import { keyManagement } from './key-management.ts';
import { createFakeMover } from './queue-mover.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createTestSigner } from './test-signer.ts';
import { createTokenDesk } from './token-desk.ts';
import { createWebhookBench } from './webhook-bench.ts';

/**
 * The routes of every API function, bound by the functions' own composition to tables in memory, with what a test needs
 * to look behind them.
 *
 * @param dependencies what readiness probes
 */
export function bindAllRoutes(dependencies: readonly Dependency[] = []) {
  const desk = createTokenDesk();
  const { client } = desk.deps;
  const metrics = createRecordingMetrics();
  const pager = createListPager(async () => 'a signing key of at least 32 characters');
  const wallets = createWalletStore(client, 'ledger');
  const transactions = createTransactionStore(client, 'ledger');
  const users = createUserStore(client, 'ledger');
  const redemptions = createRedemptionStore(client, 'ledger');
  const audit = createAuditStore(client, 'audit');
  const opsLog = createRecordingLog();
  const mover = createFakeMover();
  const functions: Readonly<Record<string, readonly BoundRoute[]>> = {
    'access-api': accessApi({ ...keyManagement().deps, pager }),
    'alerts-api': alertsApi({
      ...desk.deps,
      log: createRecordingLog().log,
      tables: { logs: 'logs', notify: 'notify', audit: 'audit' },
      loadAlert: createDeliveryStore(client, 'logs').load,
      listAlerts: createAlertList(client, 'logs'),
      channels: createChannelStore(client, 'notify'),
      readNotifyKey: async () => 'a notify key of at least 32 characters',
      recipients: { domains: ['haven.example'], addresses: ['on-call@ops.example'] },
      exemptHosts: ['127.0.0.1'],
      runbookUrl: 'https://runbook.example/runbook.md',
      pager,
    }),
    'catalog-api': catalogApi(catalogParts(client, { clock: createFakeClock().now, pager })),
    'custody-api': custodyApi({
      wallets,
      walletList: createWalletList(client, 'ledger', createLanesByChain(client, 'ledger')),
      sweeps: createSweepStore(client, 'ledger'),
      policies: createPolicyStore(client, 'ledger'),
      pool: createPoolReader(client, 'ledger'),
      poolSize: { target: 4, lowWater: 2 },
      lanes: createLaneReader(client, 'ledger'),
      transactions,
      users,
      redemptions,
      tokenSettings: createTokenSettingsReader(client, 'ledger'),
      treasury: createTreasuryReader(client, 'ledger'),
      breakers: createBreakerStore(client, 'ephemeral', createFakeClock().now),
      readRedrive: redriveReader(client, 'ephemeral'),
      productHead: (sku) => readProductHead(client, 'shop', sku),
      depositSweepHead: (id) => readSweepHead(client, 'shop', id),
      orderHead: (id) => readOrderHead(client, 'shop', id),
      webhookEndpointHead: (id) => readEndpointHead(client, 'notify', id),
      alertHead: (id) => readAlertHead(client, 'logs', id),
      channelHead: (id) => readChannelHead(client, 'notify', id),
      apiKeyHead: (id) => readApiKeyHead(client, 'access', id),
      audit,
      entries: createEntryList(client, 'audit', createFakeClock().now),
      anchors: NO_ANCHORS,
      pager,
      metrics: metrics.metrics,
      accessHead: (id) => readAccessHead(client, 'ledger', id),
      commandHead: () => readCommandHead(client, 'ledger'),
      securityHead: (address) => readSecurityHead(client, 'ephemeral', address),
    }),
    'key-control': keyControl({
      ...desk.deps,
      tables: { ...desk.deps.tables, approvals: 'approvals', logs: 'logs' },
      wallets,
      pager,
      exportIsOn: true,
      deciders: 'principals',
      retentionDays: 0,
    }),
    'key-export': keyExport({
      ...desk.deps,
      tables: { ...desk.deps.tables, approvals: 'approvals', logs: 'logs' },
      wallets,
      exports: createRequestStore(client, 'approvals', EXPORT_KIND),
      keys: createKeyReader(client, 'keys'),
      decryptor: { decrypt: async () => new Uint8Array(32) },
      exportIsOn: true,
    }),
    'message-signer': messageSigner({
      ...desk.deps,
      wallets,
      policies: createSigningPolicyReader(client, 'ledger'),
      signer: createTestSigner(),
      isOn: true,
    }),
    'ops-api': opsApi({
      ...desk.deps,
      stage: 'test',
      clock: createFakeClock().now,
      breakers: createBreakerStore(client, 'ephemeral', createFakeClock().now),
      pager,
      tables: { ephemeral: 'ephemeral', audit: 'audit' },
      endOfStream: (stream) => endOfStream(audit, stream),
      listIncidents: createIncidentList(client, 'logs'),
      readIncident: (id) => readIncident(client, 'logs', id),
      readiness: createReadinessCheck(dependencies, createFakeClock().now, (dependency, error) =>
        opsLog.log.write('DEPENDENCY_FAILED', { dependency, error }),
      ),
      mover,
      readRedrive: redriveReader(client, 'ephemeral'),
      openApi: { openapi: '3.1.0' },
      docsPage: '<!doctype html>',
    }),
    'status-api': statusApi({
      ...desk.deps,
      store: createStatusStore(client, 'ledger'),
      breakers: createBreakerStore(client, 'ephemeral', createFakeClock().now),
      endpointNames: async () => ['endpoint-1'],
      prices: createPriceSource({ ...desk.deps, breakers: breakerBench().breakers }),
      pendingThresholdMinutes: 5,
      gasSpikeThreshold: 2,
    }),
    'storefront-api': storefrontApi({
      ...desk.deps,
      tables: { shop: 'shop', ledger: 'ledger', audit: 'audit', logs: 'logs' },
      products: createProductReader(client, 'shop'),
      orders: createOrderStore(client, 'shop'),
      refunds: createRefundStore(client, 'shop'),
      readShopKey: async () => 'a shop key of at least 32 characters',
      reservationMs: 600_000,
      emptyCurrency: 'USD',
      invoiceMinutes: 30,
      toleranceBps: 10,
      prices: createPriceSource({ ...desk.deps, breakers: breakerBench().breakers }),
      log: createRecordingLog().log,
      pool: createPoolReader(client, 'ledger'),
      poolSize: { target: 12, lowWater: 4 },
      poolKicker: { kick: async () => undefined },
      scanKicker: { kick: async () => undefined },
      processors: new ProcessorRegistry([]),
      pager,
    }),
    'orders-api': ordersApi({
      ...desk.deps,
      log: createRecordingLog().log,
      tables: { shop: 'shop', audit: 'audit' },
      products: createProductReader(client, 'shop'),
      orders: createOrderStore(client, 'shop'),
      audit,
      pager,
      readShopKey: async () => 'a key of the shop',
    }),
    'refunds-api': refundsApi({
      ...desk.deps,
      log: createRecordingLog().log,
      tables: { ...desk.deps.tables, shop: 'shop' },
      refunds: createRefundStore(client, 'shop'),
      look: createTreasuryChain({ for: () => Promise.reject(new Error('No chain is asked here')) }),
      payable: async () => [],
    }),
    'payments-api': paymentsApi({
      ...desk.deps,
      log: createRecordingLog().log,
      tables: { shop: 'shop', audit: 'audit' },
      sweeps: createDepositSweepStore(client, 'shop'),
      sweepList: createSweepList(client, 'shop'),
      ledger: createPaymentLedger(client, 'shop'),
      pager,
    }),
    'payment-webhooks': paymentWebhooks({
      ...desk.deps,
      log: createRecordingLog().log,
      tables: { shop: 'shop', audit: 'audit', logs: 'logs' },
      orders: createOrderStore(client, 'shop'),
      processors: new ProcessorRegistry([]),
      readSecrets: async () => ({}),
      graceMs: 120_000,
    }),
    'policy-admin': policyAdmin({
      ...desk.deps,
      wallets,
      policies: createPolicyStore(client, 'ledger'),
      namedToken: () => namedToken(desk.deps.settings),
    }),
    'token-api': tokenApi(desk.deps),
    'transactions-api': transactionsApi({ ...desk.deps, waker: NO_WAKER, transactions, audit, pager }),
    'users-api': usersApi({
      ...desk.deps,
      users,
      redemptions,
      transactions,
      pager,
    }),
    'wallet-provisioner': walletProvisioner({
      ...desk.deps,
      tables: { ...desk.deps.tables, keys: 'keys' },
      encryptor: { encrypt: async () => new Uint8Array([2, 4, 120]) },
      kmsKeys: createFakeSigningKms().maker,
    }),
    'wallet-rotator': walletRotator({
      ...desk.deps,
      tables: { ...desk.deps.tables, keys: 'keys', logs: 'logs' },
      wallets,
      policies: createPolicyStore(client, 'ledger'),
      sweeps: createSweepStore(client, 'ledger'),
      followers: [],
      encryptor: { encrypt: async () => new Uint8Array([2, 4, 120]) },
      kmsKeys: createFakeSigningKms().maker,
    }),
    'webhooks-api': webhooksApi({ ...createWebhookBench().deps, pager }),
  };
  return { functions, desk, metrics, opsLog, mover };
}
