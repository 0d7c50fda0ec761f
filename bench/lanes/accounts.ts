import { Wallet } from 'ethers';
import { fund } from '#local/seed.ts';
import { ended, fundedWallet, type LocalHaven } from '#test/support/local-haven.ts';

/** A wallet of Haven that can send transfers. */
export interface BenchWallet {
  readonly id: string;
  readonly address: string;
}

/** In base units of HAVEN: more than all serials together. */
const MINTED = '1000000000000';
const ETHER = '10';

/** A new wallet of Haven with ether and HAVEN. */
export async function walletWithHaven(haven: LocalHaven): Promise<BenchWallet> {
  const wallet = await fundedWallet(haven, ETHER);
  await mintTo(haven, wallet.address);
  return wallet;
}

/**
 * A new key outside Haven, its account with ether and HAVEN.
 *
 * @returns the key, hex
 */
export async function keyWithHaven(haven: LocalHaven): Promise<string> {
  const { address, privateKey } = Wallet.createRandom();
  await fund(haven.info.rpcUrl, address, ETHER);
  await mintTo(haven, address);
  return privateKey;
}

async function mintTo(haven: LocalHaven, to: string): Promise<void> {
  const { id } = await haven.client.mintTokens({ body: { to, amount: MINTED } });
  const { status } = await ended(haven, id);
  if (status !== 'confirmed') throw new Error(`The mint for ${to} is ${status}`);
}
