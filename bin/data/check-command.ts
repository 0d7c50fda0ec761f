import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { productStream } from '#shared/catalog/catalog-keys.ts';
import { holderSchema } from '#shared/custody/deposit-pool/pool-rows.ts';
import { RULES } from '#shared/integrity/finding.ts';
import { type HeldWallet, orderFindings } from '#shared/integrity/order-rules.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import { cameInBy, stockFindings } from '#shared/integrity/stock-rules.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { systemClock } from '#shared/platform/clock.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import type { Item } from './dump.ts';
import type { DataOptions } from './options.ts';
import { scan } from './scan.ts';
import { tableOf } from './tables.ts';

/**
 * `npm run data:check`: names everything in the shop that does not fit together.
 *
 * @returns 0: all fits; 1: something does not
 */
export async function checkCommand({ stage }: DataOptions, output: Output): Promise<number> {
  const client = new DynamoDBClient(awsClientOptions());
  const rows = noRows();
  const held: HeldWallet[] = [];
  let read = 0;
  const progress = new Progress(output, 'rows', () => ({ done: read, total: read, settled: read }), systemClock);
  const walk = async (table: 'shop' | 'ledger', take: (item: Record<string, unknown>) => void) => {
    for await (const item of scan(client, tableOf(stage, table))) {
      take(unmarshall(item));
      read += 1;
      progress.tick();
    }
  };
  await walk('ledger', (item) => {
    const { pk, sk } = item;
    if (typeof pk === 'string' && pk.startsWith('DEPOSIT#') && sk === 'HOLDER') held.push(holderSchema.parse(item));
  });
  await walk('shop', (item) => addRow(rows, item));
  const cameIn = new Map<string, number>();
  for (const sku of rows.products.keys()) {
    cameIn.set(sku, cameInBy(await entriesOf(client, tableOf(stage, 'audit'), productStream(sku))));
  }
  const findings = [...rows.misfits, ...stockFindings(rows, cameIn), ...orderFindings(rows, held)];
  for (const { rule, of, says } of findings) output.print(`✖ ${rule} ${of}: ${says} (${RULES[rule]})`);
  const { products, orders, carts, payments } = rows;
  output.print(
    `${read} rows, ${products.size} products, ${carts.size} carts, ${orders.size} orders, ${payments.length} payments: ${findings.length} findings`,
  );
  return findings.length > 0 ? 1 : 0;
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
