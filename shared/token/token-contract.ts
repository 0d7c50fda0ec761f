import { Interface } from 'ethers/abi';
import { id as keccakText } from 'ethers/hash';
import type { CallOutcome } from '#shared/platform/chain/call-refusal.ts';
import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { revertReason } from '#shared/platform/chain/revert-reason.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';

/** What Haven calls on an ERC-20 (https://eips.ethereum.org/EIPS/eip-20) and on HavenToken. */
export const tokenInterface = new Interface([
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address) view returns (uint256)',
  'function paused() view returns (bool)',
  'function hasRole(bytes32 role, address account) view returns (bool)',
  'function transfer(address to, uint256 amount) returns (bool)',
  'function mint(address to, uint256 amount)',
  'function burn(uint256 amount)',
]);

/** The role that may mint, as OpenZeppelin's AccessControl names roles. */
export const MINTER_ROLE = keccakText('MINTER_ROLE');

/** What is at an address is no HavenToken. */
export class NoHavenToken extends HavenError {
  /** What the contract does instead of answering; ends a sentence. */
  readonly instead: string;

  constructor(instead: string, cause?: unknown) {
    super('CONTRACT_REVERT', `The contract ${instead}`, { cause });
    this.name = 'NoHavenToken';
    this.instead = instead;
  }
}

/** What a token says about itself, all at one block. */
export interface TokenFacts {
  readonly name: string;
  readonly symbol: string;
  readonly decimals: number;
  /** Base units. */
  readonly totalSupply: bigint;
  readonly paused: boolean;
  readonly minterMayMint: boolean;
  readonly blockNumber: number;
}

/**
 * Asks a token contract about itself.
 *
 * @param minter the address that is to mint
 * @throws NoHavenToken when there is no such contract at the address, RPC_CONNECTION
 */
export async function readTokenFacts(
  client: ChainClient,
  address: string,
  minter: string,
  deadline: Deadline,
): Promise<TokenFacts> {
  const call = (method: string, values: readonly unknown[] = []) => ({
    to: address,
    data: tokenInterface.encodeFunctionData(method, values),
  });
  const { head, results } = await client.read(
    [
      call('name'),
      call('symbol'),
      call('decimals'),
      call('totalSupply'),
      call('paused'),
      call('hasRole', [MINTER_ROLE, minter]),
    ],
    deadline,
  );
  const [name, symbol, decimals, totalSupply, paused, minterMayMint] = results;
  return {
    name: String(decoded('name', name)),
    symbol: String(decoded('symbol', symbol)),
    decimals: Number(decoded('decimals', decimals)),
    totalSupply: BigInt(String(decoded('totalSupply', totalSupply))),
    paused: decoded('paused', paused) === true,
    minterMayMint: decoded('hasRole', minterMayMint) === true,
    blockNumber: head.number,
  };
}

/**
 * The balance of an account, in base units, and the block at which it was read.
 *
 * @throws NoHavenToken when there is no token at the address, RPC_CONNECTION
 */
export async function readTokenBalance(
  client: ChainClient,
  token: string,
  holder: string,
  deadline: Deadline,
): Promise<{ readonly balance: bigint; readonly blockNumber: number }> {
  const data = tokenInterface.encodeFunctionData('balanceOf', [holder]);
  const { head, results } = await client.read([{ to: token, data }], deadline);
  return { balance: BigInt(String(decoded('balanceOf', results[0]))), blockNumber: head.number };
}

function decoded(method: string, outcome: CallOutcome<string> | undefined): unknown {
  const why = outcome?.ok === false ? revertReason(outcome.error) : 'no HAVEN token at this address';
  if (outcome?.ok === true && outcome.value !== '0x') {
    try {
      return tokenInterface.decodeFunctionResult(method, outcome.value)[0];
    } catch (cause) {
      throw new NoHavenToken(`answers ${method}() with something else`, cause);
    }
  }
  throw new NoHavenToken(`does not answer ${method}(): ${why}`);
}
