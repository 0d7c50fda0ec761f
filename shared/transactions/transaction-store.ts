import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type IdSource,
  indexSources,
  mergedSource,
  type RowPage,
  readPage,
  rowLoader,
  singleSource,
} from '#shared/platform/dynamo/id-source.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import {
  referenceKey,
  statusTransactions,
  TRANSACTION_LIST_SHARDS,
  transactionKey,
  transactionListShard,
  walletTransactions,
} from './ledger-items.ts';
import { type Transaction, transactionSchema } from './transaction.ts';

/** Which transactions a list shows. */
export interface TransactionFilter {
  readonly walletId?: string | undefined;
  readonly status?: Transaction['status'] | undefined;
  readonly chainId?: number | undefined;
  readonly reference?: string | undefined;
}

/** Reads transactions. */
export interface TransactionStore {
  /** @throws TRANSACTION_NOT_FOUND */
  get(id: string): Promise<Transaction>;
  list(filter: TransactionFilter, before: string | undefined, limit: number): Promise<RowPage<Transaction>>;
}

/**
 * Transactions in the ledger table.
 *
 * @param table the ledger table
 */
export function createTransactionStore(client: DynamoDBDocumentClient, table: string): TransactionStore {
  const load = rowLoader(client, table, transactionKey, transactionSchema);

  const index = indexSources(client, table);

  function sourceFor(filter: TransactionFilter): IdSource {
    const { reference } = filter;
    if (reference !== undefined)
      return singleSource(async () => (await readItem(client, table, referenceKey(reference)))?.['transaction_id']);
    if (filter.walletId !== undefined) return index('gsi2', walletTransactions(filter.walletId));
    if (filter.status !== undefined) return index('gsi3', statusTransactions(filter.status));
    const shards = Array.from({ length: TRANSACTION_LIST_SHARDS }, (_, shard) => transactionListShard(shard));
    return mergedSource(shards.map((partition) => index('gsi1', partition)));
  }

  return {
    async get(id) {
      const item = await readItem(client, table, transactionKey(id));
      if (item === undefined) throw new HavenError('TRANSACTION_NOT_FOUND', `There is no transaction ${id}`);
      return transactionSchema.parse(item);
    },

    list(filter, before, limit) {
      return readPage(sourceFor(filter), load, (row) => passes(row, filter), before, limit);
    },
  };
}

function passes(row: Transaction, filter: TransactionFilter): boolean {
  return (
    (filter.walletId === undefined || row.wallet_id === filter.walletId) &&
    (filter.status === undefined || row.status === filter.status) &&
    (filter.chainId === undefined || row.chain_id === filter.chainId) &&
    (filter.reference === undefined || row.reference === filter.reference)
  );
}
