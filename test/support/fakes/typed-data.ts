import type { TypedData } from '#shared/custody/messages/typed-data-field.ts';
import { TEST_CHAIN, TEST_RECIPIENT, TEST_WALLET } from './ledger-transactions.ts';

/** The example of EIP-712 itself, on the test chain: it grants nothing. */
export const MAIL: TypedData = {
  types: {
    Person: [
      { name: 'name', type: 'string' },
      { name: 'wallet', type: 'address' },
    ],
    Mail: [
      { name: 'from', type: 'Person' },
      { name: 'to', type: 'Person' },
      { name: 'contents', type: 'string' },
    ],
  },
  primaryType: 'Mail',
  domain: {
    name: 'Ether Mail',
    version: '1',
    chainId: TEST_CHAIN.chain_id,
    verifyingContract: '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC',
  },
  message: {
    from: { name: 'Cow', wallet: '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826' },
    to: { name: 'Bob', wallet: '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB' },
    contents: 'Hello, Bob!',
  },
};

/** A domain as ethers' types want it: without fields that are undefined. */
export function domainOf({ domain }: TypedData) {
  return Object.fromEntries(Object.entries(domain));
}

const TOKEN = '0x5FbDB2315678afecb367f032d93F642f64180aa3';

/** ERC-2612: whoever has it signed may spend the signer's tokens. */
export const PERMIT: TypedData = {
  types: {
    Permit: [
      { name: 'owner', type: 'address' },
      { name: 'spender', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
  },
  primaryType: 'Permit',
  domain: { name: 'USD Coin', version: '2', chainId: TEST_CHAIN.chain_id, verifyingContract: TOKEN },
  message: { owner: TEST_WALLET.address, spender: TEST_RECIPIENT, value: '1000000', nonce: 0, deadline: '1900000000' },
};
