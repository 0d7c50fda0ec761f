import { createHandler } from '#functions/top-up/handler.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import type { PolicyRules, TopUpRule } from '#shared/custody/policy/policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { type LowBalance, lowBalanceItem } from '#shared/transactions/lane/low-balance.ts';
import { transactionItem } from '#shared/transactions/ledger-items.ts';
import { topUpKey, topUpSchema } from '#shared/transactions/top-up/next-top-up.ts';
import { type Transaction, transactionSchema } from '#shared/transactions/transaction.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { lambdaContext } from './api-request.ts';
import { TEST_NOW_MS } from './fake-clock.ts';
import { storedWallet, TEST_CHAIN, TEST_WALLET } from './ledger-transactions.ts';
import { plainItem } from './memory-dynamo.ts';
import { storedPolicy } from './policies.ts';
import { createRecordingKicker } from './recording-kicker.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';
import { createSpendingDesk } from './spending-desk.ts';

/** The nth wallet that runs low; the test wallet is the treasury. */
export function poorWallet(n = 1) {
  return {
    id: `wal_01JD8Q4X7M5N2V9C3R6T0W2${String(n).padStart(3, '0')}`,
    address: `0x${String(n).padStart(40, '0')}`,
  };
}

/** From the treasury, up to 1,000 wei. */
export const TEST_TOP_UP: TopUpRule = {
  from_wallet_id: TEST_WALLET.id,
  asset: 'ETH',
  chain_id: TEST_CHAIN.chain_id,
  to: '1000',
};

/** That the nth poor wallet has 100 of 500 wei, as was just seen. */
export function lowBalance(overrides: Partial<LowBalance> = {}, n = 1): LowBalance {
  return {
    wallet_id: poorWallet(n).id,
    chain_id: TEST_CHAIN.chain_id,
    address: poorWallet(n).address,
    state: 'open',
    balance_wei: '100',
    threshold_wei: '500',
    transaction_id: null,
    missing_wei: null,
    opened_at: isoTime(TEST_NOW_MS),
    resolved_at: null,
    seen_at: isoTime(TEST_NOW_MS),
    version: 1,
    ...overrides,
  };
}

/** Tables in memory with a treasury and wallets that run low, and any number of runs of the function that tops up. */
export function createTopUpDesk(treasury: Partial<PolicyRules> = {}, howMany = 1) {
  const desk = createSpendingDesk(storedPolicy(treasury));
  const { dynamo, clock } = desk;
  for (let n = 1; n <= howMany; n += 1) {
    const { id, address } = poorWallet(n);
    dynamo.put('ledger', { ...walletKey(id), ...storedWallet({ id, address, purpose: 'user' }) });
    dynamo.put('ledger', lowBalanceItem(lowBalance({}, n)));
    setRule(TEST_TOP_UP, n);
  }

  function setRule(rule: TopUpRule | undefined, n = 1): void {
    const { id, address } = poorWallet(n);
    const rules = { balance: { low: [], top_up: rule === undefined ? [] : [rule] } };
    dynamo.put('ledger', { ...policyKey(id), ...storedPolicy(rules), wallet_id: id, address });
  }

  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const kicks = createRecordingKicker();
  const { deps } = desk.openProcess();

  /** Another instance of the function, with a network of its own. */
  function open(network: (request: SentRequest) => ReturnType<typeof dynamo.answer> | Error = dynamo.answer) {
    const client = scriptedDocumentClient(createScriptedAws(network));
    return createHandler({
      ...deps,
      client,
      wallets: createWalletStore(client, 'ledger', clock.now),
      kicker: kicks.kicker,
      metrics: metrics.metrics,
      log: log.log,
    });
  }

  const transactions = () =>
    dynamo
      .items('ledger')
      .map(plainItem)
      .filter((item) => item['sk'] === 'TX')
      .map((item) => transactionSchema.parse(item))
      .toSorted((one, other) => one.id.localeCompare(other.id));

  return {
    ...desk,
    deps,
    log,
    metrics,
    kicks,
    open,
    setRule,
    transactions,
    run: (remainingMs?: number) => open()({}, lambdaContext(remainingMs)),
    setCondition: (overrides: Partial<LowBalance>, n = 1) =>
      dynamo.put('ledger', lowBalanceItem(lowBalance(overrides, n))),
    /** How the last of the transactions has ended, now. */
    async end(patch: Partial<Transaction>): Promise<void> {
      const last = transactions().at(-1);
      if (last === undefined) throw new Error('There is no transaction to end');
      const before = await createTransactionStore(deps.client, 'ledger').get(last.id);
      dynamo.put('ledger', transactionItem({ ...before, updated_at: isoTime(clock.now()), ...patch }));
    },
    topUpRow(n = 1) {
      const key = topUpKey({ wallet_id: poorWallet(n).id, chain_id: TEST_CHAIN.chain_id });
      const row = desk.rowOf(key);
      return row === undefined ? undefined : topUpSchema.parse(row);
    },
  };
}
