import { parseArgs } from 'node:util';
import { Contract, ContractFactory, isCallException, isError, ZeroAddress } from 'ethers';
import * as z from 'zod';
import { type WaitOptions, withWallet } from './chain-session.ts';
import { havenTokenArtifact } from './haven-token-artifact.ts';
import { addressInput, InputError, type InputName, parseInput, privateKeyInput, rpcUrlInput } from './inputs.ts';
import { isMain } from './is-main.ts';
import { reasonOf } from './reason.ts';
import { sendAndConfirm } from './send-and-confirm.ts';

/** A contract on a chain, and the transaction that put it there. */
export interface Deployment {
  /** With its EIP-55 checksum. */
  readonly address: string;
  readonly transactionHash: string;
  readonly blockNumber: number;
}

/**
 * Deploys the committed HavenToken and waits for one confirmation.
 *
 * @param inputs the deployer's key pays; the admin gets every role
 * @throws InputError, Error with the transaction's hash once there is one
 */
export async function deployHavenToken(
  inputs: { readonly rpcUrl: string; readonly deployerKey: string; readonly adminAddress: string },
  options: WaitOptions = {},
): Promise<Deployment> {
  const rpcUrl = parseInput('rpcUrl', rpcUrlInput, inputs.rpcUrl);
  const key = parseInput('deployerKey', privateKeyInput, inputs.deployerKey);
  const admin = parseInput('adminAddress', addressInput, inputs.adminAddress);
  if (admin === ZeroAddress) throw new InputError('adminAddress', 'must not be the zero address');
  return withWallet(rpcUrl, key, options, async (wallet) => {
    const factory = new ContractFactory(havenTokenArtifact.abi, havenTokenArtifact.bytecode, wallet);
    const receipt = await sendAndConfirm(wallet, await factory.getDeployTransaction(admin), options);
    if (receipt.contractAddress === null) throw new Error(`Transaction ${receipt.hash} made no contract`);
    return { address: receipt.contractAddress, transactionHash: receipt.hash, blockNumber: receipt.blockNumber };
  });
}

/** What became of a grant: nothing is sent when the address has the role already. */
export type MinterGrant =
  | { readonly granted: true; readonly transactionHash: string; readonly blockNumber: number }
  | { readonly granted: false };

/**
 * Lets an address mint, waits for one confirmation, and asks the contract whether it may now.
 *
 * @param inputs the admin's key pays, and must hold DEFAULT_ADMIN_ROLE on the token
 * @throws InputError, Error with the transaction's hash once there is one
 */
export async function grantMinter(
  inputs: {
    readonly rpcUrl: string;
    readonly adminKey: string;
    readonly tokenAddress: string;
    readonly minterAddress: string;
  },
  options: WaitOptions = {},
): Promise<MinterGrant> {
  const rpcUrl = parseInput('rpcUrl', rpcUrlInput, inputs.rpcUrl);
  const key = parseInput('adminKey', privateKeyInput, inputs.adminKey);
  const tokenAddress = parseInput('tokenAddress', addressInput, inputs.tokenAddress);
  const minter = parseInput('minterAddress', addressInput, inputs.minterAddress);
  return withWallet(rpcUrl, key, options, async (wallet) => {
    const token = new Contract(tokenAddress, havenTokenArtifact.abi, wallet);
    const minterRole = await readMinterRole(token);
    const read = (method: string, ...values: unknown[]) => token.getFunction(method).staticCall(...values);
    if ((await read('hasRole', minterRole, minter)) === true) return { granted: false };
    if ((await read('hasRole', await read('DEFAULT_ADMIN_ROLE'), wallet.address)) !== true) {
      throw new InputError('adminKey', `${wallet.address} is no admin of this token, so it can't grant a role`);
    }
    const request = await token.getFunction('grantRole').populateTransaction(minterRole, minter);
    const receipt = await sendAndConfirm(wallet, request, options);
    // At the receipt's block, so that a lagging node behind the endpoint refuses instead of answering from the past.
    const mayMint: unknown = await read('hasRole', minterRole, minter, { blockTag: receipt.blockNumber }).catch(
      (error: unknown) => {
        throw new Error(`Transaction ${receipt.hash} succeeded, but the token gave no answer (${reasonOf(error)})`);
      },
    );
    if (mayMint !== true) throw new Error(`Transaction ${receipt.hash} succeeded, but ${minter} may still not mint`);
    return { granted: true, transactionHash: receipt.hash, blockNumber: receipt.blockNumber };
  });
}

/** Also the proof that there is a HavenToken: an address without code would take a grant without an effect. */
async function readMinterRole(token: Contract): Promise<string> {
  try {
    return z.string().parse(await token.getFunction('MINTER_ROLE').staticCall());
  } catch (error) {
    if (!isCallException(error) && !isError(error, 'BAD_DATA')) throw error;
    throw new InputError('tokenAddress', 'there is no HavenToken at this address on this chain');
  }
}

const USAGE = `Usage:
  node contracts/deploy.ts deploy --rpc-url URL --admin 0x...
  node contracts/deploy.ts grant-minter --rpc-url URL --token 0x... --minter 0x...
The private key that pays and signs is read from DEPLOYER_PRIVATE_KEY.`;

/** Where the command line takes each input from. The key has no flag: a flag shows in process lists and histories. */
const SOURCE_OF: Record<InputName, string> = {
  rpcUrl: '--rpc-url',
  deployerKey: 'DEPLOYER_PRIVATE_KEY',
  adminKey: 'DEPLOYER_PRIVATE_KEY',
  adminAddress: '--admin',
  tokenAddress: '--token',
  minterAddress: '--minter',
};

function orUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : 'The flags are not valid'}\n\n${USAGE}`);
  }
}

async function main(args: readonly string[], key = ''): Promise<unknown> {
  const [command, ...rest] = args;
  const text = { type: 'string', default: '' } as const;
  if (command === 'deploy') {
    const { values } = orUsage(() => parseArgs({ args: rest, options: { 'rpc-url': text, admin: text } }));
    return deployHavenToken({ rpcUrl: values['rpc-url'], deployerKey: key, adminAddress: values.admin });
  }
  if (command === 'grant-minter') {
    const { values } = orUsage(() =>
      parseArgs({ args: rest, options: { 'rpc-url': text, token: text, minter: text } }),
    );
    return grantMinter({
      rpcUrl: values['rpc-url'],
      adminKey: key,
      tokenAddress: values.token,
      minterAddress: values.minter,
    });
  }
  throw new Error(USAGE);
}

if (isMain(import.meta.url)) {
  try {
    console.log(JSON.stringify(await main(process.argv.slice(2), process.env['DEPLOYER_PRIVATE_KEY']), null, 2));
  } catch (error) {
    console.error(error instanceof InputError ? `${SOURCE_OF[error.input]}: ${error.problem}` : reasonOf(error));
    process.exitCode = 1;
  }
}
