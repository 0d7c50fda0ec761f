import { describe, expect, it } from 'vitest';
import { freeingCapWei, noopCapWei } from '#shared/transactions/lane/fee-quotes.ts';
import { bumpFees } from '#shared/transactions/lane/fees.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { storedPolicy } from '#test/support/fakes/policies.ts';

const ANY = { ok: true, fees: { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }, nextBlockWei: 1n } as const;
const GWEI = 1_000_000_000n;
const gwei = (amount: bigint) => (amount * GWEI).toString();

describe('the most that a no-op may offer', () => {
  it.each([
    ['twice the cap, where nothing else is said', undefined, undefined, 200n],
    ["the chain's own limit", 150n, undefined, 150n],
    ["twice the wallet's own cap, where that is less", undefined, 30n, 60n],
    ["the chain's limit, where twice the wallet's own cap is more", 150n, 80n, 150n],
  ])('is %s', (_name, ofChain, ofWallet, expected) => {
    const limit = ofChain === undefined ? {} : { max_noop_fee_per_gas_wei: gwei(ofChain) };
    const policy = ofWallet === undefined ? undefined : storedPolicy({ max_fee_per_gas: gwei(ofWallet) });
    expect(noopCapWei({ ...TEST_CHAIN, ...limit }, policy)).toBe(expected * GWEI);
  });

  it('is that of the chain for a wallet whose policy says nothing of fees', () => {
    expect(noopCapWei(TEST_CHAIN, storedPolicy())).toBe(200n * GWEI);
  });
});

describe('the most that may be offered for what a whole lane waits for', () => {
  it.each([
    ['what a no-op can outbid under the second limit of the chain', undefined, undefined, (200n * GWEI * 10n) / 11n],
    ['the same, where that limit is named', 165n, undefined, 150n * GWEI],
    ["never more than the wallet's own cap", undefined, 30n, 30n * GWEI],
    [
      "the wallet's own cap, where that is above the chain's first limit and below its second",
      undefined,
      180n,
      180n * GWEI,
    ],
    ["the chain's second limit, where the wallet's own cap is more", undefined, 500n, (200n * GWEI * 10n) / 11n],
  ])('is %s', (_name, ofChain, ofWallet, expected) => {
    const limit = ofChain === undefined ? {} : { max_noop_fee_per_gas_wei: gwei(ofChain) };
    const policy = ofWallet === undefined ? undefined : storedPolicy({ max_fee_per_gas: gwei(ofWallet) });
    expect(freeingCapWei({ ...TEST_CHAIN, ...limit }, policy)).toBe(expected);
    expect(
      bumpFees(
        ANY,
        { maxFeePerGas: expected, maxPriorityFeePerGas: 1n },
        noopCapWei({ ...TEST_CHAIN, ...limit }, policy),
      ).ok,
    ).toBe(true);
  });
});
