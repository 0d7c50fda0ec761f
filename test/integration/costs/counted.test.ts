import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { putDepositWallets } from '#test/support/checkout-processes.ts';
import { productItems } from '#test/support/fakes/shop-rows.ts';
import { inProcess } from '#test/support/in-process.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { LAB_RECIPIENT, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { countOrder } from '../../../bench/checkout/order-counts.ts';
import { createShopInProcess } from '../../../bench/checkout/shop-in-process.ts';
import { ORDER_STEPS, TOLD_TRANSACTION_OPERATIONS, TRANSACTION_OPERATIONS } from '../../../bench/cost/counted.ts';
import { countOperations } from '../../../bench/lanes/operation-counts.ts';

/** As many as the shop of the benches has: a checkout that finds some slots empty asks again. */
const SLOTS = 120;

let haven: LocalHaven;
let tables: LabTables;
beforeEach(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
});
afterEach(() => tables.drop());

const untimed = <T extends { readonly durationMs: number }>(counted: readonly T[]) =>
  counted.map(({ durationMs: _, ...rest }) => rest);

it('an order uses what docs/cost.md is made of, step by step', async () => {
  const parts = await inProcess(haven, { tables: tables.names });
  await putDepositWallets(parts, SLOTS);
  for (const Item of productItems({ sku: 'TEE' }, 100)) {
    await parts.client.send(new PutCommand({ TableName: tables.names.shop, Item: { ...Item } }));
  }
  const shop = createShopInProcess(parts, haven.info.chainId, 'k'.repeat(43));
  expect(untimed(await countOrder(haven.info, parts, shop, 'TEE'))).toEqual(ORDER_STEPS);
});

it('a transaction uses what docs/cost.md is made of, alone and with nine others', async () => {
  const lab = await LaneLab.open(haven, tables);
  try {
    const { wallet } = await lab.newLane();
    // What a transfer of a token costs the chain is no matter here: nobody has to be a token.
    const info = { ...haven.info, chainId: lab.config.chain_id, tokenAddress: LAB_RECIPIENT };
    const { operations } = await countOperations(info, lab.parts, wallet);
    expect(untimed(operations)).toEqual(TRANSACTION_OPERATIONS);
    // The same of transactions of which integrators are told.
    const told = { ...lab.parts, accept: { ...lab.parts.accept, tellsEvents: true } };
    const { wallet: another } = await lab.newLane();
    expect(untimed((await countOperations(info, told, another)).operations)).toEqual(TOLD_TRANSACTION_OPERATIONS);
  } finally {
    await lab.close();
  }
});
