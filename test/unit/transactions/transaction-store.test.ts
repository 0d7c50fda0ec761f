import { describe, expect, it } from 'vitest';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { referenceKey, TRANSACTION_LIST_SHARDS, transactionItem } from '#shared/transactions/ledger-items.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { createTransactionStore, type TransactionFilter } from '#shared/transactions/transaction-store.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { queued, submitted, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

function storeWith(transactions: readonly Transaction[]) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'] });
  for (const transaction of transactions) {
    dynamo.put('ledger', transactionItem(transaction));
    const { reference, id } = transaction;
    if (reference !== null) dynamo.put('ledger', { ...referenceKey(reference), transaction_id: id });
  }
  const aws = createScriptedAws((request) => dynamo.answer(request));
  return { aws, store: createTransactionStore(scriptedDocumentClient(aws), 'ledger') };
}

const ALL = [
  queued(1),
  queued(2, { wallet_id: 'wal_other', reference: 'r-2' }),
  submitted(3),
  submitted(4, { chain_id: 10 }),
  queued(5, { chain_id: 10 }),
];
const newestFirst = (...numbers: readonly number[]) => numbers.map(transactionId);

describe('one transaction', () => {
  it('is read strongly consistent', async () => {
    const { store, aws } = storeWith(ALL);
    expect(await store.get(transactionId(3))).toEqual(submitted(3));
    expect(aws.requests[0]?.body).toMatchObject({ ConsistentRead: true });
  });

  it('that is not there is TRANSACTION_NOT_FOUND', async () => {
    const error = await caughtLater(HavenError, () => storeWith([]).store.get(transactionId(1)));
    expect(error.code).toBe('TRANSACTION_NOT_FOUND');
  });
});

describe('a list', () => {
  it.each<[string, TransactionFilter, readonly string[]]>([
    ['of all, over every shard', {}, newestFirst(5, 4, 3, 2, 1)],
    ['of one wallet', { walletId: 'wal_other' }, newestFirst(2)],
    ['of one status', { status: 'submitted' }, newestFirst(4, 3)],
    ['of one chain', { chainId: 10 }, newestFirst(5, 4)],
    ['of one status on one chain', { status: 'submitted', chainId: 10 }, newestFirst(4)],
    ['of one reference', { reference: 'r-2' }, newestFirst(2)],
    ['of one reference and a status that is not its', { reference: 'r-2', status: 'mined' }, []],
    ['of a reference that was never used', { reference: 'none' }, []],
    ['of a wallet without any', { walletId: 'wal_none' }, []],
  ])('%s is newest first', async (_name, filter, ids) => {
    const { rows, lastId } = await storeWith(ALL).store.list(filter, undefined, 25);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(lastId).toBeUndefined();
  });

  it('comes in pages that have every row once', async () => {
    const { store } = storeWith(ALL);
    const seen: string[] = [];
    let before: string | undefined;
    for (let page = 0; page < 10; page += 1) {
      const { rows, lastId } = await store.list({}, before, 2);
      seen.push(...rows.map(({ id }) => id));
      if (lastId === undefined) break;
      before = lastId;
    }
    expect(seen).toEqual(newestFirst(5, 4, 3, 2, 1));
  });

  it('of one reference does not begin again on its second page', async () => {
    const { rows } = await storeWith(ALL).store.list({ reference: 'r-2' }, transactionId(2), 25);
    expect(rows).toEqual([]);
  });

  it('of all reads one page of each shard, never the whole table', async () => {
    const { store, aws } = storeWith(ALL);
    await store.list({}, undefined, 25);
    const queries = aws.requests.filter(({ operation }) => operation === 'Query');
    expect(queries).toHaveLength(TRANSACTION_LIST_SHARDS);
    for (const { body } of queries)
      expect(body).toMatchObject({ IndexName: 'gsi1', Limit: 25, ScanIndexForward: false });
  });
});
