import { bindRoutes } from '#functions/transactions-api/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import type { StoredPolicy } from '#shared/custody/policy/policy.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { queueItem, transactionItem } from '#shared/transactions/ledger-items.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import type { TestRequest } from './api-request.ts';
import { TEST_LANE } from './lane-tables.ts';
import { TEST_CHAIN, transactionId } from './ledger-transactions.ts';
import { createRecordingKicker } from './recording-kicker.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';
import { createSpendingDesk } from './spending-desk.ts';
import { createTestApi } from './test-api.ts';

/** The transactions API on tables in memory, with rivals that write just before it does. */
export function createChangeDesk(policy?: StoredPolicy) {
  const desk = createSpendingDesk(policy);
  const rivals: (() => void)[] = [];
  let writes = 0;
  const aws = createScriptedAws((request) => {
    if (request.operation === 'TransactWriteItems') {
      writes += 1;
      rivals.shift()?.();
    }
    return desk.dynamo.answer(request);
  });
  const client = scriptedDocumentClient(aws);
  const { kicker, calls } = createRecordingKicker();
  const woken: (readonly string[])[] = [];
  const idempotency = createIdempotencyStore(client, 'ephemeral', desk.clock.now);
  const audit = createAuditStore(client, 'audit');
  const transactions = createTransactionStore(client, 'ledger');
  const routes = bindRoutes({
    client,
    tables: { ledger: 'ledger', audit: 'audit' },
    wallets: createWalletStore(client, 'ledger', desk.clock.now),
    chains: new ChainRegistry([TEST_CHAIN]),
    idempotency,
    kicker,
    waker: { wake: async (ids) => void woken.push(ids) },
    clock: desk.clock.now,
    newId: () => transactionId(9_000),
    metrics: createRecordingMetrics().metrics,
    transactions,
    audit,
    pager: createListPager(async () => 'a signing key of at least 32 characters'),
  });
  const api = createTestApi(routes, { idempotency });

  return {
    ...desk,
    api,
    /** What lanes were kicked for. */
    kicks: calls,
    /** For which messages the outbox worker was woken. */
    woken,
    /** How often the API tried to write. */
    writes: () => writes,
    /** Puts a transaction and its place in the queue where they are stored, as its lane would. */
    store(transaction: Transaction): void {
      desk.dynamo.put('ledger', transactionItem(transaction));
      if (transaction.status !== 'queued') return;
      desk.dynamo.put('ledger', queueItem(TEST_LANE, transaction.wallet_id, transaction.id));
    },
    /** Lets these come first, one before each of the next writes. */
    letRivalsWrite(...changes: readonly (() => void)[]): void {
      rivals.push(...changes);
    },
    /** Asks for a change over HTTP. */
    async ask(id: string, what: 'cancel' | 'accelerate', request: Partial<TestRequest> = {}) {
      const answer = await api.send({
        method: 'POST',
        path: `/transactions/{id}/${what}`,
        params: { id },
        scopes: 'transactions:write',
        body: {},
        headers: { 'Idempotency-Key': 'k1' },
        ...request,
      });
      return { ...answer, json: JSON.parse(answer.body) };
    },
    read: (id: string) => transactions.get(id),
    entries: (id: string) => audit.entries(id),
    stored: (id: string) => audit.stored(id),
  };
}
