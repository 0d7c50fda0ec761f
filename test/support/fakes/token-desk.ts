import { walletKey } from '#shared/custody/ledger-keys.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import type { NameTreasuryDependencies } from '#shared/payments/treasury/name-treasury.ts';
import { createTreasuryReader } from '#shared/payments/treasury/treasury.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { RedeemDependencies } from '#shared/token/redeem.ts';
import { createRedemptionStore } from '#shared/token/redemption-store.ts';
import type { configureToken, mintTokens } from '#shared/token/token-api.ts';
import { createTokenSettingsReader } from '#shared/token/token-settings.ts';
import { createLaneReader } from '#shared/transactions/lane/lane-reader.ts';
import type { ResetDependencies } from '#shared/transactions/nonces/reset-nonces.ts';
import { createOpenCostReader } from '#shared/transactions/open-cost.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { createUserStore } from '#shared/users/user-store.ts';
import { createFakeClock } from './fake-clock.ts';
import { createTokenClient, type TokenAnswers } from './fake-token.ts';
import { storedWallet, TEST_CHAIN, transactionId } from './ledger-transactions.ts';
import { createMemoryDynamo } from './memory-dynamo.ts';
import { createRecordingKicker } from './recording-kicker.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

/** A chain without the token. */
export const OTHER_CHAIN = { ...TEST_CHAIN, chain_id: 10, name: 'other', native_asset: 'OTH' };

/**
 * Everything that the token's use cases need: tables in memory with the test wallet, two chains with a token each.
 *
 * @param answers what the token says
 */
export function createTokenDesk(answers?: TokenAnswers) {
  const dynamo = createMemoryDynamo({
    ledger: ['pk', 'sk'],
    audit: ['pk', 'seq'],
    ephemeral: ['pk'],
    access: ['pk'],
    keys: ['pk'],
    approvals: ['pk'],
    logs: ['pk', 'sk'],
    shop: ['pk', 'sk'],
    notify: ['pk', 'sk'],
  });
  const wallet = storedWallet();
  dynamo.put('ledger', { ...walletKey(wallet.id), ...wallet });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  const chain = createTokenClient(answers);
  const kicker = createRecordingKicker();
  const deps: Parameters<typeof mintTokens>[0] &
    Parameters<typeof configureToken>[0] &
    RedeemDependencies &
    NameTreasuryDependencies &
    ResetDependencies = {
    client,
    tables: { ledger: 'ledger', audit: 'audit' },
    treasury: createTreasuryReader(client, 'ledger'),
    settings: createTokenSettingsReader(client, 'ledger'),
    lanes: createLaneReader(client, 'ledger'),
    openCost: createOpenCostReader(client, 'ledger'),
    wallets: createWalletStore(client, 'ledger'),
    users: createUserStore(client, 'ledger'),
    redemptions: createRedemptionStore(client, 'ledger'),
    transactions: createTransactionStore(client, 'ledger'),
    clients: { for: async () => chain.client },
    chains: new ChainRegistry([TEST_CHAIN, OTHER_CHAIN]),
    idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
    kicker: kicker.kicker,
    clock: clock.now,
    newId: (prefix) => (prefix === 'tx' ? transactionId(1) : `${prefix}_01JD8Q4X7M5N2V9C3R6T0W0001`),
    metrics: createRecordingMetrics().metrics,
  };
  return { deps, dynamo, aws, chain, calls: kicker.calls };
}
