import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { putDepositWallets, runCheckoutProcess } from '#test/support/checkout-processes.ts';
import { productItems } from '#test/support/fakes/shop-rows.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { tableFindings } from '#test/support/table-findings.ts';

const PROCESSES = 4;
const BUYERS_EACH = 5;
const PIECES = 8;
const SLOTS = 10;

let haven: LocalHaven;
let tables: LabTables;
let parts: InProcess;
beforeEach(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
  parts = await inProcess(haven, { tables: tables.names });
  await putDepositWallets(parts, SLOTS);
});
afterEach(() => tables.drop());

async function stock(sku: string, pieces: number, shards: number): Promise<void> {
  for (const Item of productItems({ sku, stock_shards: shards, stock_rows: shards }, pieces)) {
    await parts.client.send(new PutCommand({ TableName: tables.names.shop, Item: { ...Item } }));
  }
}

/** Has as many buyers as there are want one cart each, from several processes at once. */
async function race(cartOf: (nth: number) => readonly string[]): Promise<readonly string[]> {
  const outcomes = await Promise.all(
    Array.from({ length: PROCESSES }, (_, nth) => {
      const carts = Array.from({ length: BUYERS_EACH }, (_cart, index) => [...cartOf(nth * BUYERS_EACH + index)]);
      return runCheckoutProcess({ info: haven.info, tables: tables.names, slots: SLOTS, carts });
    }),
  );
  return outcomes.flat().map((one) => (one.startsWith('ord_') ? 'order' : one));
}

const expected = (orders: number) => [
  ...Array.from({ length: PROCESSES * BUYERS_EACH - orders }, () => 'OUT_OF_STOCK'),
  ...Array.from({ length: orders }, () => 'order'),
];

describe('checkouts of 4 processes straight at the tables', () => {
  it.each([1, 8])('for the last 8 pieces in %i shards: 8 orders, and all others out of stock', async (shards) => {
    await stock('LAST', PIECES, shards);
    expect((await race(() => ['LAST'])).toSorted()).toEqual(expected(PIECES));
    expect(await tableFindings(parts, { LAST: PIECES })).toEqual([]);
  });

  it('with three overlapping SKUs in different orders: whole orders only, and nobody waits for anybody for ever', async () => {
    await stock('A', PIECES, 1);
    await stock('B', 14, 4);
    await stock('C', 11, 2);
    const orders = [
      ['A', 'B', 'C'],
      ['C', 'A', 'B'],
      ['B', 'C', 'A'],
    ];
    expect((await race((nth) => orders[nth % orders.length] ?? [])).toSorted()).toEqual(expected(PIECES));
    expect(await tableFindings(parts, { A: PIECES, B: 14, C: 11 })).toEqual([]);
  });
});
