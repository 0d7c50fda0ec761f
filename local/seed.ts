import { parseEther } from 'ethers';
import { deployHavenToken, grantMinter } from '#contracts/deploy.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import { devAccount } from './anvil.ts';
import type { LocalInfo } from './instance.ts';

/** The dev account that stands for the owner outside Haven: deploys the token, funds wallets. */
const OWNER = devAccount(0);
/** Enough gas for a long day; the owner has 10,000. */
const TREASURY_FUNDS_ETH = '1000';

/** What a local Haven begins with. */
export interface Seed {
  readonly treasuryWalletId: string;
  readonly tokenAddress: string;
}

/** Whether what an earlier start seeded is still there. */
export async function isSeeded(client: HavenClient, info: LocalInfo): Promise<boolean> {
  try {
    const token = await client.getToken({});
    // Whichever it is: somebody may have named another since.
    await client.getTreasury({});
    return token.address === info.tokenAddress && token.minter_wallet_id === info.treasuryWalletId;
  } catch {
    return false;
  }
}

/**
 * Does what an owner does with a new Haven: creates a treasury wallet, funds it, deploys the token from outside, lets
 * the treasury mint, and names both to Haven.
 *
 * @param report says what is going on
 */
export async function seed(
  client: HavenClient,
  rpcUrl: string,
  chainId: number,
  report: (text: string) => void,
): Promise<Seed> {
  const treasury = await client.createWallet({ body: { purpose: 'treasury', label: 'Treasury' } });
  report(`treasury ${treasury.address}`);
  await fund(rpcUrl, treasury.address, TREASURY_FUNDS_ETH);
  const { address: tokenAddress } = await deployHavenToken({
    rpcUrl,
    deployerKey: OWNER.privateKey,
    adminAddress: OWNER.address,
  });
  report(`token ${tokenAddress}`);
  await grantMinter({ rpcUrl, adminKey: OWNER.privateKey, tokenAddress, minterAddress: treasury.address });
  await client.configureToken({
    body: { chain_id: chainId, address: tokenAddress, minter_wallet_id: treasury.id },
  });
  await client.nameTreasury({ body: { wallet_id: treasury.id } });
  return { treasuryWalletId: treasury.id, tokenAddress };
}

/**
 * Sends ether from the owner's account, outside Haven. The chain's own cheat sets the balance, because the owner's
 * nonces are no concern of a seed.
 *
 * @param eth in ether, as a decimal string
 */
export async function fund(rpcUrl: string, address: string, eth: string): Promise<void> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'anvil_setBalance',
      params: [address, `0x${parseEther(eth).toString(16)}`],
    }),
  });
  if (!answer.ok) throw new Error(`The local chain refused to fund ${address}`);
}
