import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import type { StoredPolicy } from '#shared/custody/policy/policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { spendKey } from '#shared/custody/policy/spend-ledger.ts';
import { spendWindowSchema, spent } from '#shared/custody/policy/spend-window.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { type AcceptDependencies, acceptTransaction, type TransactionIntent } from '#shared/transactions/accept.ts';
import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { createFakeClock } from './fake-clock.ts';
import { idempotentContext } from './idempotent-context.ts';
import {
  storedWallet,
  TEST_CHAIN,
  TEST_RECIPIENT,
  TEST_WALLET,
  transactionId,
  unusedCustody,
} from './ledger-transactions.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingKicker } from './recording-kicker.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

/** The daily window of the test chain's coin. */
export const COIN = `${TEST_CHAIN.chain_id}:native`;

/**
 * Tables in memory with the test wallet and its policy, and any number of processes that accept on them, each with what
 * it remembers for itself.
 */
export function createSpendingDesk(policy?: StoredPolicy) {
  const dynamo = createMemoryDynamo({
    ledger: ['pk', 'sk'],
    shop: ['pk', 'sk'],
    audit: ['pk', 'seq'],
    ephemeral: ['pk'],
    logs: ['pk', 'sk'],
  });
  dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet() });
  dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody() });
  const put = (next: StoredPolicy) => dynamo.put('ledger', { ...policyKey(TEST_WALLET.id), ...next });
  if (policy !== undefined) put(policy);
  const clock = createFakeClock();
  let made = 0;
  const newId = () => {
    made += 1;
    return transactionId(made);
  };

  /**
   * One process: its own client, its own memory of wallets.
   *
   * @param funds as in AcceptDependencies
   */
  function openProcess(funds?: AcceptDependencies['funds']) {
    const aws = createScriptedAws((request) => dynamo.answer(request));
    const client = scriptedDocumentClient(aws);
    const tables = { ledger: 'ledger', audit: 'audit', logs: 'logs' };
    const metrics = createRecordingMetrics();
    const deps = {
      client,
      tables,
      wallets: createWalletStore(client, 'ledger', clock.now),
      chains: new ChainRegistry([TEST_CHAIN]),
      idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
      kicker: createRecordingKicker().kicker,
      clock: clock.now,
      newId,
      metrics: metrics.metrics,
      ...(funds === undefined ? {} : { funds }),
    };
    const accept = (intent: Partial<TransactionIntent> = {}, key = `IDEMPOTENCY#${newId()}`) =>
      acceptTransaction(
        deps,
        {
          walletId: TEST_WALLET.id,
          chainId: TEST_CHAIN.chain_id,
          to: TEST_RECIPIENT,
          value: '1',
          data: '0x',
          speed: 'standard',
          reference: null,
          validUntil: null,
          ...intent,
        },
        { ...idempotentContext(), idempotency: { recordKey: key, fingerprint: key } },
      );
    return { aws, deps, metrics, accept, store: createLaneStore(client, tables) };
  }

  const rowOf = (key: { readonly pk: string; readonly sk: string }) =>
    dynamo
      .items('ledger')
      .map(plainItem)
      .find((item) => item['pk'] === key.pk && item['sk'] === key.sk);

  return {
    dynamo,
    clock,
    put,
    openProcess,
    rowOf,
    /** What counts against the day now; undefined: no row was ever written. */
    spent(asset = COIN): bigint | undefined {
      const row = rowOf(spendKey(TEST_WALLET.id, asset));
      return row === undefined ? undefined : spent(spendWindowSchema.parse(row), clock.now());
    },
  };
}
