import { Interface } from 'ethers/abi';
import { describe, expect, it } from 'vitest';
import { decodeCall } from '#shared/custody/policy/decode-call.ts';
import { TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const ABI = new Interface([
  'function transfer(address to, uint256 amount)',
  'function transferFrom(address from, address to, uint256 amount)',
  'function approve(address spender, uint256 amount)',
  'function increaseAllowance(address spender, uint256 amount)',
  'function mint(address to, uint256 amount)',
  'function burn(uint256 amount)',
  'function burnFrom(address account, uint256 amount)',
  'function pause()',
]);
const RECIPIENT = TEST_RECIPIENT.toLowerCase();
const MAX = 2n ** 256n - 1n;
const call = (name: string, ...values: unknown[]) => ABI.encodeFunctionData(name, values);

describe('calldata of a token', () => {
  it.each([
    ['transfer', [TEST_RECIPIENT, 7n], RECIPIENT, 7n],
    ['transferFrom', [TEST_WALLET.address, TEST_RECIPIENT, 7n], RECIPIENT, 7n],
    ['approve', [TEST_RECIPIENT, MAX], RECIPIENT, MAX],
    ['increaseAllowance', [TEST_RECIPIENT, 7n], RECIPIENT, 7n],
    ['mint', [TEST_RECIPIENT, 7n], RECIPIENT, 7n],
    ['burn', [7n], null, 7n],
    ['burnFrom', [TEST_RECIPIENT, 7n], RECIPIENT, 7n],
  ])('%s: says who is concerned and how much, as an ABI encoder writes it', (name, values, counterparty, amount) => {
    const data = call(name, ...values);
    expect(decodeCall(data)).toEqual({ kind: 'token', selector: data.slice(0, 10), call: { counterparty, amount } });
    expect(decodeCall(`0x${data.slice(2).toUpperCase()}`)).toEqual(decodeCall(data));
  });

  it('burn(address,uint256), which has no common interface, is read as well', () => {
    const data = `0x9dc29fac${call('transfer', TEST_RECIPIENT, 7n).slice(10)}`;
    expect(decodeCall(data)).toMatchObject({ kind: 'token', call: { counterparty: RECIPIENT, amount: 7n } });
  });

  it('with more behind its arguments is read by them: contracts ignore the rest', () => {
    expect(decodeCall(`${call('transfer', TEST_RECIPIENT, 7n)}ffff`)).toMatchObject({ call: { amount: 7n } });
  });

  it.each([
    ['is cut off by a byte', call('transfer', TEST_RECIPIENT, 7n).slice(0, -2)],
    ['has no arguments', '0xa9059cbb'],
    ['has something before an address', call('transfer', TEST_RECIPIENT, 7n).replace('0xa9059cbb0', '0xa9059cbb1')],
    [
      'has something before the other address',
      call('transferFrom', TEST_WALLET.address, TEST_RECIPIENT, 7n).replace('0x23b872dd0', '0x23b872ddf'),
    ],
  ])('that %s is not guessed at', (_name, data) => {
    expect(decodeCall(data)).toEqual({ kind: 'other', selector: data.slice(0, 10), malformed: true });
  });
});

describe('other calldata', () => {
  it('of nothing is no call', () => {
    expect(decodeCall('0x')).toEqual({ kind: 'none' });
  });

  it.each([
    ['an unknown function', call('pause'), '0x8456cb59'],
    ['less than a selector', '0xa905', '0xa905'],
  ])('is named by what stands for its function: %s', (_name, data, selector) => {
    expect(decodeCall(data)).toEqual({ kind: 'other', selector, malformed: false });
  });
});
