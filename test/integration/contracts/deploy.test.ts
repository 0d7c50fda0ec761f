import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Contract, ContractFactory, isHexString, JsonRpcProvider, Wallet, ZeroAddress } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { WaitOptions } from '#contracts/chain-session.ts';
import { deployHavenToken, grantMinter } from '#contracts/deploy.ts';
import { havenTokenArtifact } from '#contracts/haven-token-artifact.ts';
import { InputError } from '#contracts/inputs.ts';
import { sendAndConfirm } from '#contracts/send-and-confirm.ts';
import type { DevAccount } from '#local/anvil.ts';
import { type Anvil, startAnvil } from '#test/support/anvil.ts';

const DEPLOY_SCRIPT = fileURLToPath(import.meta.resolve('#contracts/deploy.ts'));

/** A command that hangs is ended: it must let go of the chain by itself. */
const COMMAND_TIMEOUT_MS = 30_000;

let anvil: Anvil;
let provider: JsonRpcProvider;
let admin: DevAccount;
let minter: DevAccount;
let stranger: DevAccount;

beforeAll(async () => {
  anvil = await startAnvil();
  provider = new JsonRpcProvider(anvil.rpcUrl, anvil.chainId, { staticNetwork: true, cacheTimeout: -1 });
  [admin, minter, stranger] = anvil.accounts;
});

afterAll(async () => {
  provider.destroy();
  await anvil.stop();
});

function deploy() {
  return deployTo(anvil.rpcUrl);
}

async function mayMint(token: string, account: string): Promise<unknown> {
  const contract = new Contract(token, havenTokenArtifact.abi, provider);
  const role: unknown = await contract.getFunction('MINTER_ROLE').staticCall();
  return contract.getFunction('hasRole').staticCall(role, account);
}

function deployTo(rpcUrl: string, options: WaitOptions = {}) {
  return deployHavenToken({ rpcUrl, deployerKey: admin.privateKey, adminAddress: admin.address }, options);
}

/** An HTTP server that is no chain. */
async function startEndpoint(answer: (response: ServerResponse) => unknown) {
  const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { server, url: `http://127.0.0.1:${port}`, close };
}

describe('deployHavenToken', () => {
  it('answers with the block, transaction and address of the contract', async () => {
    const { address, transactionHash, blockNumber } = await deploy();
    const receipt = await provider.getTransactionReceipt(transactionHash);
    expect(receipt?.contractAddress).toBe(address);
    expect(receipt?.blockNumber).toBe(blockNumber);
    expect(receipt?.status).toBe(1);
  });

  it('the zero address is no admin, neither for the script nor for the contract', async () => {
    const inputs = { rpcUrl: anvil.rpcUrl, deployerKey: admin.privateKey, adminAddress: ZeroAddress };
    await expect(deployHavenToken(inputs)).rejects.toThrow('adminAddress: must not be the zero address');
    const factory = new ContractFactory(havenTokenArtifact.abi, havenTokenArtifact.bytecode);
    const attempt = provider.call(await factory.getDeployTransaction(ZeroAddress));
    const selector = factory.interface.getError('HavenTokenInvalidAdmin')?.selector ?? 'no such error';
    await expect(attempt).rejects.toMatchObject({ data: expect.stringMatching(`^${selector}`) });
  });

  it('a transaction that no block takes is named, so that it is looked up and not sent twice', async () => {
    // An hour between blocks: nothing is mined during the test.
    const slow = await startAnvil({ blockTimeSeconds: 3_600 });
    try {
      const error = await deployTo(slow.rpcUrl, { confirmTimeoutMs: 1 }).catch((reason: unknown) => reason);
      const hash = /Transaction (0x[0-9a-f]{64}) was sent, but is not confirmed/.exec(String(error))?.[1] ?? '';
      const chain = new JsonRpcProvider(slow.rpcUrl, slow.chainId, { staticNetwork: true });
      expect((await chain.getTransaction(hash))?.from).toBe(admin.address);
      chain.destroy();
    } finally {
      await slow.stop();
    }
  });

  it("an endpoint's URL is in no error, for it may hold credentials", async () => {
    const endpoint = await startEndpoint((response) => response.writeHead(401).end('no'));
    try {
      const error = await deployTo(`${endpoint.url}/v2/sesame`).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InputError);
      expect(String(error)).toMatch(/^InputError: rpcUrl: no Ethereum endpoint answers there \(.*401/);
      expect(String(error)).not.toContain('sesame');
    } finally {
      endpoint.close();
    }
  });

  it('a silent endpoint is given up, and its connection with it, so that the process can end', async () => {
    const endpoint = await startEndpoint(() => undefined);
    try {
      const connected = once(endpoint.server, 'connection', { signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS) });
      const attempt = deployTo(endpoint.url, { requestTimeoutMs: 100 });
      const [socket] = z.tuple([z.instanceof(Socket)]).parse(await connected);
      const closed = once(socket, 'close', { signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS) });
      await expect(attempt).rejects.toThrow('rpcUrl: no Ethereum endpoint answers there (request timeout)');
      await closed;
      expect(socket.destroyed).toBe(true);
    } finally {
      endpoint.close();
    }
  });
});

describe('grantMinter', () => {
  it('lets the address mint', async () => {
    const { address } = await deploy();
    expect(await mayMint(address, minter.address)).toBe(false);
    const grant = await grantMinter({
      rpcUrl: anvil.rpcUrl,
      adminKey: admin.privateKey,
      tokenAddress: address,
      minterAddress: minter.address,
    });
    expect(grant).toMatchObject({ granted: true, transactionHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) });
    expect(await mayMint(address, minter.address)).toBe(true);
  });

  it('sends nothing when the address may mint already', async () => {
    const { address } = await deploy();
    const before = await provider.getTransactionCount(admin.address);
    const inputs = { rpcUrl: anvil.rpcUrl, adminKey: admin.privateKey, tokenAddress: address };
    expect(await grantMinter({ ...inputs, minterAddress: admin.address })).toEqual({ granted: false });
    expect(await provider.getTransactionCount(admin.address)).toBe(before);
  });

  it('only an admin can grant, and no transaction is spent to find out', async () => {
    const { address } = await deploy();
    const before = await provider.getTransactionCount(stranger.address);
    const inputs = { rpcUrl: anvil.rpcUrl, adminKey: stranger.privateKey, tokenAddress: address };
    await expect(grantMinter({ ...inputs, minterAddress: minter.address })).rejects.toThrow(
      `adminKey: ${stranger.address} is no admin of this token`,
    );
    expect(await provider.getTransactionCount(stranger.address)).toBe(before);
  });

  it('an address without a HavenToken is refused', async () => {
    const inputs = { rpcUrl: anvil.rpcUrl, adminKey: admin.privateKey, minterAddress: minter.address };
    await expect(grantMinter({ ...inputs, tokenAddress: stranger.address })).rejects.toThrow(
      'tokenAddress: there is no HavenToken at this address on this chain',
    );
  });
});

describe('sendAndConfirm', () => {
  it('a transaction that reverts in its block is a failure that names its hash', async () => {
    const { address } = await deploy();
    const mint = await new Contract(address, havenTokenArtifact.abi)
      .getFunction('mint')
      .populateTransaction(stranger.address, 1n);
    // With a gas limit, nothing is estimated and so nothing is refused beforehand.
    const attempt = sendAndConfirm(new Wallet(stranger.privateKey, provider), { ...mint, gasLimit: 200_000n });
    await expect(attempt).rejects.toThrow(/^Transaction 0x[0-9a-f]{64} was mined but reverted$/);
  });

  it('a transaction that the node refuses is a failure that names its hash', async () => {
    const used = { to: stranger.address, nonce: 0, gasLimit: 21_000n };
    await deploy();
    const attempt = sendAndConfirm(new Wallet(admin.privateKey, provider), used);
    await expect(attempt).rejects.toThrow(/^Sending transaction 0x[0-9a-f]{64} failed \(nonce/);
  });
});

interface Finished {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the script as an operator does; `code` is null when it had to be ended. */
function run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const options = { env, timeout: COMMAND_TIMEOUT_MS };
    execFile(process.execPath, [DEPLOY_SCRIPT, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr });
    });
  });
}

describe('node contracts/deploy.ts', () => {
  it('deploys, grants the minter role, and ends by itself', async () => {
    const env = { DEPLOYER_PRIVATE_KEY: admin.privateKey };
    const deployed = await run(['deploy', '--rpc-url', anvil.rpcUrl, '--admin', admin.address], env);
    expect(deployed).toMatchObject({ code: 0, stderr: '' });
    const { address } = z.object({ address: z.string() }).parse(JSON.parse(deployed.stdout));
    expect(isHexString(address, 20)).toBe(true);
    const flags = ['--rpc-url', anvil.rpcUrl, '--token', address, '--minter', minter.address];
    const granted = await run(['grant-minter', ...flags], env);
    expect(granted).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(granted.stdout)).toMatchObject({ granted: true });
    expect(await mayMint(address, minter.address)).toBe(true);
  });

  it.each([
    ['--rpc-url: is missing', ['deploy', '--admin', ZeroAddress]],
    ['--admin: is missing', ['deploy', '--rpc-url', 'http://127.0.0.1:1']],
    ['--rpc-url: must be an http or https URL', ['deploy', '--rpc-url', 'ws://127.0.0.1:1']],
    [
      '--rpc-url: no Ethereum endpoint answers there (ECONNREFUSED)',
      ['deploy', '--rpc-url', 'http://127.0.0.1:1', '--admin', '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'],
    ],
    ['--token: is missing', ['grant-minter', '--rpc-url', 'http://127.0.0.1:1']],
  ])('names what is wrong: %s', async (message, args) => {
    const ended = await run(args, { DEPLOYER_PRIVATE_KEY: admin.privateKey });
    expect(ended).toEqual({ code: 1, stdout: '', stderr: `${message}\n` });
  });

  it('takes the key from DEPLOYER_PRIVATE_KEY and from no flag', async () => {
    const flags = ['deploy', '--rpc-url', anvil.rpcUrl, '--admin', admin.address];
    expect(await run(flags)).toEqual({ code: 1, stdout: '', stderr: 'DEPLOYER_PRIVATE_KEY: is missing\n' });
    const asFlag = await run([...flags, '--private-key', admin.privateKey]);
    expect(asFlag.code).toBe(1);
    expect(asFlag.stderr).toContain("Unknown option '--private-key'");
    expect(asFlag.stderr).not.toContain(admin.privateKey);
  });

  it('explains itself when it is given no command', async () => {
    const ended = await run([]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('node contracts/deploy.ts grant-minter --rpc-url URL --token 0x... --minter 0x...');
  });
});
