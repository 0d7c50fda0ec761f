import { Transaction as EthereumTransaction } from 'ethers';
import { describe, expect, it } from 'vitest';
import type { Signer } from '#shared/custody/signer.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { replacementOf } from '#shared/transactions/lane/replacement.ts';
import { type Prepared, type SigningMoment, signPrepared } from '#shared/transactions/lane/signing.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { timeIs } from '#test/support/fakes/lane-situations.ts';
import { queued, submitted, TEST_CHAIN, TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createTestSigner } from '#test/support/fakes/test-signer.ts';

const AT = isoTime(TEST_NOW_MS);
const MOMENT: SigningMoment = { at: AT, blockNumber: 110, feeModel: 'eip1559' };
const FEES = { maxFeePerGas: 3_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n };
const prepared = (n: number, nonce: number, data = '0x'): Prepared => ({
  transaction: queued(n, { data, value: '1500000000000000000' }),
  nonce,
  gasLimit: 60_000n,
  fees: FEES,
  kind: 'intent',
});

/** The product's signer, with how often it was asked and for how many digests. */
function countingSigner() {
  const batches: number[] = [];
  const inner = createTestSigner();
  const signer: Signer = {
    sign(wallet, digests) {
      batches.push(digests.length);
      return inner.sign(wallet, digests);
    },
  };
  return { signer, batches };
}

describe('signed bytes', () => {
  it('are an EIP-1559 transaction of the wallet with exactly what was prepared', async () => {
    const [signed] = await signPrepared(createTestSigner(), TEST_WALLET, [prepared(1, 7, '0xabcd')], MOMENT);
    const ethereum = EthereumTransaction.from(signed?.bytes ?? '');
    expect(ethereum.from).toBe(TEST_WALLET.address);
    expect(ethereum.hash).toBe(signed?.attempt.hash);
    expect({
      type: ethereum.type,
      chainId: ethereum.chainId,
      nonce: ethereum.nonce,
      to: ethereum.to,
      value: ethereum.value,
      data: ethereum.data,
      gasLimit: ethereum.gasLimit,
      maxFeePerGas: ethereum.maxFeePerGas,
      maxPriorityFeePerGas: ethereum.maxPriorityFeePerGas,
      accessList: ethereum.accessList,
    }).toEqual({
      type: 2,
      chainId: BigInt(TEST_CHAIN.chain_id),
      nonce: 7,
      to: TEST_RECIPIENT,
      value: 1_500_000_000_000_000_000n,
      data: '0xabcd',
      gasLimit: 60_000n,
      ...FEES,
      accessList: [],
    });
  });

  it('come with the attempt that is stored before they are broadcast', async () => {
    const [signed] = await signPrepared(createTestSigner(), TEST_WALLET, [prepared(1, 7)], MOMENT);
    expect(signed?.transaction).toEqual(prepared(1, 7).transaction);
    expect(signed?.attempt).toEqual({
      hash: EthereumTransaction.from(signed?.bytes ?? '').hash,
      nonce: 7,
      max_fee_per_gas: '3000000000',
      max_priority_fee_per_gas: '1000000000',
      gas_limit: '60000',
      kind: 'intent',
      permanent_refusals: 0,
      nonce_too_low_since: null,
      signed_at_block: 110,
      signed_at: AT,
      broadcast_at: null,
      outcome: 'signed',
    });
  });

  it('answer one request for more speed once, though the clock of who asked is ahead', async () => {
    const transaction = submitted(1, { accelerated_at: isoTime(TEST_NOW_MS + 800) });
    const again = { ...prepared(1, 1), transaction };
    const [signed] = await signPrepared(createTestSigner(), TEST_WALLET, [again], MOMENT);
    const attempts = [...transaction.attempts, ...(signed === undefined ? [] : [signed.attempt])];
    const broadcast = attempts.map((attempt) => ({ ...attempt, broadcast_at: AT }));
    expect(replacementOf({ ...transaction, attempts: broadcast }, 110, timeIs(TEST_NOW_MS + 1))).toBeUndefined();
  });

  it('are the same when the same is signed again: a retry broadcasts no other transaction', async () => {
    const [first] = await signPrepared(createTestSigner(), TEST_WALLET, [prepared(1, 7)], MOMENT);
    const [second] = await signPrepared(createTestSigner(), TEST_WALLET, [prepared(1, 7)], MOMENT);
    expect(second?.bytes).toBe(first?.bytes);
  });

  it('of several transactions take one use of the key, and stay in order', async () => {
    const { signer, batches } = countingSigner();
    const signed = await signPrepared(signer, TEST_WALLET, [prepared(1, 7), prepared(2, 8), prepared(3, 9)], MOMENT);
    expect(batches).toEqual([3]);
    expect(signed.map(({ bytes }) => EthereumTransaction.from(bytes).nonce)).toEqual([7, 8, 9]);
    expect(signed.map(({ transaction }) => transaction.id)).toEqual([1, 2, 3].map((n) => queued(n).id));
  });
});

describe('a signature is refused', () => {
  it('when it is of another address than the wallet has', async () => {
    const other = { ...TEST_WALLET, address: TEST_RECIPIENT };
    const inner = createTestSigner();
    const signer: Signer = { sign: (_wallet, digests) => inner.sign(TEST_WALLET, digests) };
    await expect(signPrepared(signer, other, [prepared(1, 7)], MOMENT)).rejects.toThrow(TEST_RECIPIENT);
  });

  it('when the signer left one out', async () => {
    const inner = createTestSigner();
    const signer: Signer = { sign: (wallet, digests) => inner.sign(wallet, digests.slice(1)) };
    await expect(signPrepared(signer, TEST_WALLET, [prepared(1, 7), prepared(2, 8)], MOMENT)).rejects.toThrow();
  });

  it('when the signer gives that of another digest', async () => {
    const inner = createTestSigner();
    const signer: Signer = { sign: async (wallet, digests) => (await inner.sign(wallet, digests)).toReversed() };
    await expect(signPrepared(signer, TEST_WALLET, [prepared(1, 7), prepared(2, 8)], MOMENT)).rejects.toThrow();
  });
});
