import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { productStream } from '#shared/catalog/catalog-keys.ts';
import { holderSchema } from '#shared/custody/deposit-pool/pool-rows.ts';
import { type MinedFacts, minedFacts } from '#shared/integrity/mined-facts.ts';
import type { HeldWallet } from '#shared/integrity/order-rules.ts';
import { addRow, noRows, type ShopRows } from '#shared/integrity/shop-rows.ts';
import { type CameIn, cameInBy } from '#shared/integrity/stock-rules.ts';
import type { Item } from './dump.ts';
import { scan } from './scan.ts';
import { tableOf } from './tables.ts';

/** All that the rules of the shop are about, as it was read: not at one moment. */
export interface StoredShop {
  readonly rows: ShopRows;
  /** Deposit wallets that were taken from the pool. */
  readonly held: readonly HeldWallet[];
  /** Transactions that are in a block. */
  readonly mined: readonly MinedFacts[];
}

/**
 * Reads the shop of a stage, and from the ledger who holds its deposit wallets and what was sent; the ledger first, so that an order has a
 * holder that was read or is younger than the walk, and a refund that has ended a transaction that was read so, or its end is younger.
 *
 * @param onItem gets each item of both tables
 */
export async function readShop(
  client: DynamoDBClient,
  stage: string,
  onItem: (item: Readonly<Record<string, unknown>>) => void = () => undefined,
): Promise<StoredShop> {
  const rows = noRows();
  const held: HeldWallet[] = [];
  const mined: MinedFacts[] = [];
  for await (const stored of scan(client, tableOf(stage, 'ledger'))) {
    const item = unmarshall(stored);
    const { pk, sk } = item;
    if (typeof pk === 'string' && pk.startsWith('DEPOSIT#') && sk === 'HOLDER') held.push(holderSchema.parse(item));
    const facts = sk === 'TX' ? minedFacts(item) : undefined;
    if (facts !== undefined) mined.push(facts);
    onItem(item);
  }
  for await (const stored of scan(client, tableOf(stage, 'shop'))) {
    const item = unmarshall(stored);
    addRow(rows, item);
    onItem(item);
  }
  return { rows, held, mined };
}

/** How many pieces of each product came in, as their audit streams say. */
export async function cameInOf(client: DynamoDBClient, stage: string, skus: Iterable<string>): Promise<CameIn> {
  const cameIn = new Map<string, number>();
  for (const sku of skus) {
    cameIn.set(sku, cameInBy(await entriesOf(client, tableOf(stage, 'audit'), productStream(sku))));
  }
  return cameIn;
}

async function entriesOf(client: DynamoDBClient, table: string, stream: string): Promise<readonly unknown[]> {
  const entries: unknown[] = [];
  let startKey: Item | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: stream } },
        ConsistentRead: true,
        ExclusiveStartKey: startKey,
      }),
    );
    entries.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined);
  return entries;
}
