import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, expect } from 'vitest';
import type { Finding } from '#shared/integrity/finding.ts';
import { shopFindings } from '#shared/integrity/shop-findings.ts';
import type { ShopRows } from '#shared/integrity/shop-rows.ts';
import { cameInOf, readShop } from '../../bin/data/read-shop.ts';
import { awsOptions, localHaven } from './local-haven.ts';

/** Reads before something is wrong for good: what a schedule or a request of another file is just writing is another row by then. */
const READS = 5;

/**
 * Has every rule of `npm run data:check` hold of what a file made, after its last test: its products by their SKUs, and the carts and orders
 * with lines of them, with their payments, refunds, notices, addresses and deposit wallets. Other files go on meanwhile, and a walk over tables is no
 * snapshot: so what is wrong counts when it is read again and again, word for word. What belongs to no order at all is looked for once, by
 * shop-integrity.test.ts, when everybody has finished.
 *
 * @param prefix what the SKUs of this file begin with, and no others
 */
export function checkShopAfterAll(prefix: string): void {
  afterAll(async () => {
    expect(await lasting(() => ownFindings((sku) => sku.startsWith(prefix)))).toEqual([]);
  });
}

/**
 * What is found again and again, word for word: rows are changed while they are read, and a walk over tables is no snapshot.
 *
 * @param read looks anew
 */
export async function lasting(read: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let found = await read();
  for (let reads = 1; reads < READS && found.length > 0; reads += 1) {
    const again = new Set(await read());
    found = found.filter((one) => again.has(one));
  }
  return found;
}

async function ownFindings(isOwn: (sku: string) => boolean): Promise<readonly string[]> {
  const client = new DynamoDBClient(awsOptions(localHaven().info));
  const { rows, held, mined } = await readShop(client, 'local');
  const skus = [...rows.products.keys()].filter(isOwn);
  expect(skus, 'a file that makes no product needs no check').not.toEqual([]);
  const cameIn = await cameInOf(client, 'local', skus);
  return ofFile(shopFindings(rows, { held, cameIn, mined }), rows, isOwn).map(
    ({ rule, of, says }) => `${rule} ${of}: ${says}`,
  );
}

/**
 * The findings about what is of a file.
 *
 * @param isOwn whether a SKU is of it
 */
export function ofFile(findings: readonly Finding[], rows: ShopRows, isOwn: (sku: string) => boolean) {
  const names = ownNames(rows, isOwn);
  return findings.filter(({ of, says }) => {
    const words = `${of} ${says}`.split(/[\s#,;]+/);
    return words.some((word) => names.has(word) || names.has(word.toLowerCase()));
  });
}

/** SKUs, ids and addresses by which findings name the rows of a file. */
function ownNames(
  { products, shards, orders, carts, payments, refunds, notices }: ShopRows,
  isOwn: (sku: string) => boolean,
) {
  const names = new Set([...products.keys(), ...shards.map(({ sku }) => sku)].filter(isOwn));
  const ownOrders = new Set<string>();
  for (const { id, cart_id, lines, payment } of orders.values()) {
    if (!lines.some(({ sku }) => isOwn(sku))) continue;
    ownOrders.add(id);
    for (const name of [id, cart_id, payment.wallet_id, payment.address?.toLowerCase()]) if (name) names.add(name);
  }
  for (const { id, lines } of carts.values()) if (lines.some(({ sku }) => isOwn(sku))) names.add(id);
  for (const { id, order_id } of [...payments, ...refunds, ...notices]) if (ownOrders.has(order_id)) names.add(id);
  return names;
}
