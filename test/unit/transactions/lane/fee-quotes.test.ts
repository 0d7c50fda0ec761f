import { describe, expect, it } from 'vitest';
import { noopCapWei } from '#shared/transactions/lane/fee-quotes.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { storedPolicy } from '#test/support/fakes/policies.ts';

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
