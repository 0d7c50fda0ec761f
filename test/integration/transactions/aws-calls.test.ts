import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { acceptTransaction, type TransactionIntent } from '#shared/transactions/accept.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import type { InProcess } from '#test/support/in-process.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { LAB_RECIPIENT, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { localHaven } from '#test/support/local-haven.ts';

/** On tables and a chain of its own: nobody else works these lanes, and no block comes before one is asked for. */
let tables: LabTables;
let lab: LaneLab;
let parts: InProcess;
beforeEach(async () => {
  const haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
  lab = await LaneLab.open(haven, tables);
  parts = lab.parts;
});
afterEach(async () => {
  await lab.close();
  await tables.drop();
});

function intent(walletId: string): TransactionIntent {
  return {
    walletId,
    chainId: lab.config.chain_id,
    to: LAB_RECIPIENT,
    value: '1',
    data: '0x',
    speed: 'standard',
    reference: null,
    validUntil: null,
  };
}

describe('AWS calls per operation, counted by the SDK clients themselves', () => {
  it('accepting a transaction takes two: one transaction and one kick; a third the first time a wallet is seen', async () => {
    const { wallet } = await lab.newLane();
    parts.calls.reset();
    await acceptTransaction({ ...parts.accept, kicker: parts.silent }, intent(wallet.id), parts.context());
    expect(parts.calls.snapshot()).toEqual({ BatchGetItemCommand: 1, TransactWriteItemsCommand: 1 });
    parts.calls.reset();
    await acceptTransaction(parts.accept, intent(wallet.id), parts.context());
    expect(parts.calls.snapshot()).toEqual({ TransactWriteItemsCommand: 1, SendMessageCommand: 1 });
  });

  it('signing and submitting a batch of ten takes three, one of them KMS, besides the two reads that load the lane', async () => {
    const { wallet, key } = await lab.newLane();
    const accept = { ...parts.accept, kicker: parts.silent };
    // Too little time, of the real kind, for a second pass: what one pass costs is counted.
    const drive = () => driveLane(parts.lanes, key, 'test', Deadline.in(5_050, systemClock));
    await acceptTransaction(accept, intent(wallet.id), parts.context());
    await drive();
    for (let count = 0; count < 10; count += 1) await acceptTransaction(accept, intent(wallet.id), parts.context());
    parts.calls.reset();
    await drive();
    expect(parts.calls.snapshot()).toEqual({
      QueryCommand: 1,
      BatchGetItemCommand: 1,
      DecryptCommand: 1,
      TransactWriteItemsCommand: 2,
    });
  });
});
