import { AbiCoder, Interface } from 'ethers';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';
import { hash32, TEST_WALLET } from './ledger-transactions.ts';

/** HavenToken's ABI, by its own text: not that of the code under test. */
export const TOKEN_ABI = new Interface([
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address account) view returns (uint256)',
  'function paused() view returns (bool)',
  'function hasRole(bytes32 role, address account) view returns (bool)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function mint(address to, uint256 amount)',
  'function burn(uint256 value)',
]);

/** Where the token of tests is. */
export const TOKEN_ADDRESS = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
/** keccak256("MINTER_ROLE"), as OpenZeppelin's AccessControl names it. */
export const MINTER_ROLE = '0x9f2df0fed2c77648de5860a4cc508cd0818c85b8b8a1ab4ceeef8d981c8956a6';

/** What a token answers to a method with these arguments: values, or a refusal in the node's words. */
export type TokenAnswers = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** A token that works and that the test wallet may mint. */
export const WORKING_TOKEN: TokenAnswers = {
  name: () => 'Haven',
  symbol: () => 'HAVEN',
  decimals: () => 18n,
  totalSupply: () => 5n * 10n ** 18n,
  paused: () => false,
  hasRole: (role, account) => role === MINTER_ROLE && account === TEST_WALLET.address,
  balanceOf: (account) => (account === TEST_WALLET.address ? 7n : 0n),
};

/** A client of a chain at block 42 with one token on it. */
export function createTokenClient(answers: TokenAnswers = WORKING_TOKEN) {
  const asked: (readonly RpcCall[])[] = [];
  const client = new ChainClient({
    async ask(calls, read) {
      asked.push(calls);
      return read(calls.map((call) => answerOne(call, answers)));
    },
  });
  return { client, asked };
}

function answerOne({ method, params: [first] }: RpcCall, answers: TokenAnswers): RpcOutcome {
  if (method === 'eth_getBlockByNumber') {
    return { ok: true, result: { number: '0x2a', hash: hash32('block 42'), timestamp: '0x1' } };
  }
  if (method === 'eth_getTransactionCount') return { ok: true, result: '0x0' };
  if (method === 'eth_getBalance') return { ok: true, result: '0x64' };
  const { to, data } = Object(first);
  if (to !== TOKEN_ADDRESS) return { ok: true, result: '0x' };
  const call = TOKEN_ABI.parseTransaction({ data: String(data) });
  const value = answers[call?.name ?? '']?.(...(call?.args ?? []));
  if (value instanceof RpcResponseError) return { ok: false, error: value };
  if (value === undefined) return { ok: true, result: '0x' };
  // A value that is not of the declared type is what a contract of another kind would answer.
  const types = call?.fragment.outputs.map(({ type }) => type) ?? [];
  if (typeof value === 'string' && types[0] !== 'string') return { ok: true, result: value };
  return { ok: true, result: AbiCoder.defaultAbiCoder().encode(types, [value]) };
}
