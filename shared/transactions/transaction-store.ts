import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import {
  type IdSource,
  mergedSource,
  partitionSource,
  type RowPage,
  readPage,
  rowLoader,
} from '#shared/platform/dynamo/id-source.ts';
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

  function sourceFor(filter: TransactionFilter): IdSource {
    if (filter.reference !== undefined) return referenceSource(filter.reference);
    if (filter.walletId !== undefined) return index('gsi2', walletTransactions(filter.walletId));
    if (filter.status !== undefined) return index('gsi3', statusTransactions(filter.status));
    const shards = Array.from({ length: TRANSACTION_LIST_SHARDS }, (_, shard) => transactionListShard(shard));
    return mergedSource(shards.map((partition) => index('gsi1', partition)));
  }

  function referenceSource(reference: string): IdSource {
    return async (before) => {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: referenceKey(reference), ConsistentRead: true }),
      );
      const id: unknown = Item?.['transaction_id'];
      return typeof id === 'string' && (before === undefined || id < before) ? [id] : [];
    };
  }

  function index(name: 'gsi1' | 'gsi2' | 'gsi3', partition: string): IdSource {
    return partitionSource(client, {
      table,
      index: name,
      partitionKey: `${name}pk`,
      sortKey: `${name}sk`,
      partition,
    });
  }

  return {
    async get(id) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: transactionKey(id), ConsistentRead: true }),
      );
      if (Item === undefined) throw new HavenError('TRANSACTION_NOT_FOUND', `There is no transaction ${id}`);
      return transactionSchema.parse(Item);
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
