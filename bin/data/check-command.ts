import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { productStream } from '#shared/catalog/catalog-keys.ts';
import { holderSchema } from '#shared/custody/deposit-pool/pool-rows.ts';
import { assetsToAsk, depositFindings, type MinedFacts, minedFacts } from '#shared/integrity/deposit-rules.ts';
import { type Finding, RULES } from '#shared/integrity/finding.ts';
import { type HeldWallet, orderFindings } from '#shared/integrity/order-rules.ts';
import { addRow, noRows, type ShopRows } from '#shared/integrity/shop-rows.ts';
import { cameInBy, stockFindings } from '#shared/integrity/stock-rules.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { systemClock } from '#shared/platform/clock.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { balanceName, readChain } from './chain-balances.ts';
import type { Item } from './dump.ts';
import type { DataOptions } from './options.ts';
import { scan } from './scan.ts';
import { tableOf } from './tables.ts';

/**
 * `npm run data:check`: names everything in the shop that does not fit together.
 *
 * @returns 0: all fits; 1: something does not
 */
export async function checkCommand({ stage, rpcUrl }: DataOptions, output: Output): Promise<number> {
  const client = new DynamoDBClient(awsClientOptions());
  const rows = noRows();
  const held: HeldWallet[] = [];
  const mined: MinedFacts[] = [];
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
    const facts = rpcUrl === undefined || sk !== 'TX' ? undefined : minedFacts(item);
    if (facts !== undefined) mined.push(facts);
    if (typeof pk === 'string' && pk.startsWith('DEPOSIT#') && sk === 'HOLDER') held.push(holderSchema.parse(item));
  });
  await walk('shop', (item) => addRow(rows, item));
  const cameIn = new Map<string, number>();
  for (const sku of rows.products.keys()) {
    cameIn.set(sku, cameInBy(await entriesOf(client, tableOf(stage, 'audit'), productStream(sku))));
  }
  const deposits = rpcUrl === undefined ? [] : await checkDeposits(rows, mined, rpcUrl);
  if (rpcUrl === undefined) output.say('Deposits were not held against the chain: no --rpc-url');
  const findings = [...rows.misfits, ...stockFindings(rows, cameIn), ...orderFindings(rows, held), ...deposits];
  for (const { rule, of, says } of findings) output.print(`✖ ${rule} ${of}: ${says} (${RULES[rule]})`);
  const { products, orders, carts, payments } = rows;
  output.print(
    `${read} rows, ${products.size} products, ${carts.size} carts, ${orders.size} orders, ${payments.length} payments: ${findings.length} findings`,
  );
  return findings.length > 0 ? 1 : 0;
}

/** Asks the chain what the addresses of swept orders have, and holds it against what came and went. */
async function checkDeposits(
  rows: ShopRows,
  mined: readonly MinedFacts[],
  rpcUrl: string,
): Promise<readonly Finding[]> {
  const chain = await readChain(rpcUrl);
  const balances = await chain.balances(assetsToAsk(rows.sweeps, rows, chain.chainId));
  const balanceOf = (address: string, token: string | null) => balances.get(balanceName(address, token)) ?? 0n;
  return depositFindings(rows.sweeps, rows, mined, { chainId: chain.chainId, balanceOf });
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
