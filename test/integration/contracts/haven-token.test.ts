import { Contract, isCallException, JsonRpcProvider, parseEther, Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployHavenToken } from '#contracts/deploy.ts';
import { havenTokenArtifact } from '#contracts/haven-token-artifact.ts';
import type { DevAccount } from '#local/anvil.ts';
import { type Anvil, startAnvil } from '#test/support/anvil.ts';

const ONE = parseEther('1');

let anvil: Anvil;
let provider: JsonRpcProvider;
let admin: DevAccount;
let holder: DevAccount;
let stranger: DevAccount;

beforeAll(async () => {
  anvil = await startAnvil();
  // No cache: a test reads what the transaction before it changed.
  provider = new JsonRpcProvider(anvil.rpcUrl, anvil.chainId, { staticNetwork: true, cacheTimeout: -1 });
  provider.pollingInterval = 50;
  [admin, holder, stranger] = anvil.accounts;
});

afterAll(async () => {
  provider.destroy();
  await anvil.stop();
});

/** Every test has a token of its own, whose admin is the first account. */
async function freshToken() {
  const { address } = await deployHavenToken({
    rpcUrl: anvil.rpcUrl,
    deployerKey: admin.privateKey,
    adminAddress: admin.address,
  });
  const method = (account: DevAccount, name: string) =>
    new Contract(address, havenTokenArtifact.abi, new Wallet(account.privateKey, provider)).getFunction(name);
  return {
    address,
    read: async (name: string, ...values: unknown[]): Promise<unknown> => method(stranger, name).staticCall(...values),
    send: async (account: DevAccount, name: string, ...values: unknown[]) => {
      const sent = await method(account, name).send(...values);
      await sent.wait();
    },
    /** The error that the contract answers with, or undefined when the call would go through. */
    refusal: async (account: DevAccount, name: string, ...values: unknown[]): Promise<string | undefined> => {
      try {
        await method(account, name).staticCall(...values);
        return undefined;
      } catch (error) {
        if (!isCallException(error)) throw error;
        return error.revert?.name ?? error.shortMessage;
      }
    },
  };
}

describe('HavenToken', () => {
  it('starts as HAVEN with 18 decimals and no supply', async () => {
    const token = await freshToken();
    expect(await token.read('name')).toBe('Haven');
    expect(await token.read('symbol')).toBe('HAVEN');
    expect(await token.read('decimals')).toBe(18n);
    expect(await token.read('totalSupply')).toBe(0n);
    expect(await token.read('paused')).toBe(false);
  });

  it('what stands on the chain is the committed deployed bytecode', async () => {
    const token = await freshToken();
    expect(await provider.getCode(token.address)).toBe(havenTokenArtifact.deployedBytecode);
  });

  it('the admin gets every role, and the deployer none when it is somebody else', async () => {
    const { address } = await deployHavenToken({
      rpcUrl: anvil.rpcUrl,
      deployerKey: stranger.privateKey,
      adminAddress: holder.address,
    });
    const token = new Contract(address, havenTokenArtifact.abi, provider);
    for (const name of ['DEFAULT_ADMIN_ROLE', 'MINTER_ROLE', 'PAUSER_ROLE']) {
      const role: unknown = await token.getFunction(name).staticCall();
      expect(await token.getFunction('hasRole').staticCall(role, holder.address), name).toBe(true);
      expect(await token.getFunction('hasRole').staticCall(role, stranger.address), name).toBe(false);
    }
  });

  it('only a minter can mint', async () => {
    const token = await freshToken();
    expect(await token.refusal(stranger, 'mint', stranger.address, ONE)).toBe('AccessControlUnauthorizedAccount');
    await token.send(admin, 'mint', holder.address, ONE);
    expect(await token.read('balanceOf', holder.address)).toBe(ONE);
    expect(await token.read('totalSupply')).toBe(ONE);
  });

  it('a minter whose role is revoked can mint no longer', async () => {
    const token = await freshToken();
    const role = await token.read('MINTER_ROLE');
    await token.send(admin, 'grantRole', role, holder.address);
    expect(await token.refusal(holder, 'mint', holder.address, ONE)).toBeUndefined();
    await token.send(admin, 'revokeRole', role, holder.address);
    expect(await token.refusal(holder, 'mint', holder.address, ONE)).toBe('AccessControlUnauthorizedAccount');
  });

  it('a minter can neither pause nor make another minter', async () => {
    const token = await freshToken();
    const role = await token.read('MINTER_ROLE');
    await token.send(admin, 'grantRole', role, holder.address);
    expect(await token.refusal(holder, 'pause')).toBe('AccessControlUnauthorizedAccount');
    expect(await token.refusal(holder, 'grantRole', role, stranger.address)).toBe('AccessControlUnauthorizedAccount');
  });

  it('a pause stops transfers, mints and burns until it ends', async () => {
    const token = await freshToken();
    await token.send(admin, 'mint', holder.address, ONE);
    await token.send(admin, 'pause');
    expect(await token.refusal(holder, 'transfer', stranger.address, 1n)).toBe('EnforcedPause');
    expect(await token.refusal(admin, 'mint', holder.address, 1n)).toBe('EnforcedPause');
    expect(await token.refusal(holder, 'burn', 1n)).toBe('EnforcedPause');
    await token.send(admin, 'unpause');
    await token.send(holder, 'transfer', stranger.address, 1n);
    expect(await token.read('balanceOf', stranger.address)).toBe(1n);
  });

  it('only a pauser can pause and unpause', async () => {
    const token = await freshToken();
    expect(await token.refusal(stranger, 'pause')).toBe('AccessControlUnauthorizedAccount');
    await token.send(admin, 'pause');
    expect(await token.refusal(stranger, 'unpause')).toBe('AccessControlUnauthorizedAccount');
  });

  it('a burn lowers the balance and the supply, and cannot exceed the balance', async () => {
    const token = await freshToken();
    await token.send(admin, 'mint', holder.address, ONE);
    await token.send(holder, 'burn', ONE / 4n);
    expect(await token.read('balanceOf', holder.address)).toBe((ONE / 4n) * 3n);
    expect(await token.read('totalSupply')).toBe((ONE / 4n) * 3n);
    expect(await token.refusal(holder, 'burn', ONE)).toBe('ERC20InsufficientBalance');
  });

  it("another's tokens are burnt only within an allowance", async () => {
    const token = await freshToken();
    await token.send(admin, 'mint', holder.address, ONE);
    expect(await token.refusal(stranger, 'burnFrom', holder.address, 1n)).toBe('ERC20InsufficientAllowance');
    await token.send(holder, 'approve', stranger.address, 1n);
    await token.send(stranger, 'burnFrom', holder.address, 1n);
    expect(await token.read('totalSupply')).toBe(ONE - 1n);
  });
});
