import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { acceptTransaction, type TransactionIntent } from '#shared/transactions/accept.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { askChain, fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

let haven: LocalHaven;
let parts: InProcess;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
});

afterEach(() => askChain(haven.info.rpcUrl, 'evm_setIntervalMining', [1]));

function intent(walletId: string): TransactionIntent {
  return {
    walletId,
    chainId: haven.info.chainId,
    to: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    value: '1',
    data: '0x',
    speed: 'standard',
    reference: null,
    validUntil: null,
  };
}

describe('AWS calls per operation, counted by the SDK clients themselves', () => {
  it('accepting a transaction takes two: one transaction and one kick; a third the first time a wallet is seen', async () => {
    const wallet = await fundedWallet(haven);
    await acceptTransaction({ ...parts.accept, kicker: parts.silent }, intent(wallet.id), parts.context());
    expect(parts.calls.snapshot()).toEqual({ BatchGetItemCommand: 1, TransactWriteItemsCommand: 1 });
    parts.calls.reset();
    await acceptTransaction(parts.accept, intent(wallet.id), parts.context());
    expect(parts.calls.snapshot()).toEqual({ TransactWriteItemsCommand: 1, SendMessageCommand: 1 });
    parts.calls.reset();
  });

  it('signing and submitting a batch of ten takes three, one of them KMS, besides the two reads that load the lane', async () => {
    const wallet = await fundedWallet(haven);
    const accept = { ...parts.accept, kicker: parts.silent };
    const drive = async () => {
      const lane = { chain_id: haven.info.chainId, address: wallet.address };
      // Too little time for a second pass: what one pass costs is counted.
      return driveLane(parts.lanes, lane, 'test', Deadline.in(5_050, systemClock));
    };
    // No block in between: what is mined meanwhile would be stored too.
    await askChain(haven.info.rpcUrl, 'evm_setIntervalMining', [0]);
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
