import { Contract, ContractFactory, Interface, JsonRpcProvider, parseEther, toQuantity, Wallet } from 'ethers';
import * as z from 'zod';
import { type ContractArtifact, contractArtifactSchema } from '#contracts/artifact-schema.ts';
import feeToken from '#contracts/artifacts/FeeToken.json' with { type: 'json' };
import payMany from '#contracts/artifacts/PayMany.json' with { type: 'json' };
import { havenTokenArtifact } from '#contracts/haven-token-artifact.ts';

/** Contracts that a payer deploys. */
const ARTIFACTS = {
  FeeToken: contractArtifactSchema.parse(feeToken),
  HavenToken: havenTokenArtifact,
  PayMany: contractArtifactSchema.parse(payMany),
} as const satisfies Readonly<Record<string, ContractArtifact>>;

/** What a payer sends. */
export interface Sending {
  readonly to: string;
  readonly valueWei?: bigint;
  readonly data?: string;
  /** By default the next one; the same again replaces. */
  readonly nonce?: number;
  readonly gasPriceGwei?: number;
}

/** Somebody who pays, with a key of their own and nothing of Haven. */
export interface Payer {
  readonly address: string;
  /** Sends without waiting for a block; says the hash. */
  send(sending: Sending): Promise<string>;
  /** The nonce that was used last. */
  lastNonce(): number;
  /** Deploys a contract, and waits as long as a block takes; says its address. */
  deploy(name: keyof typeof ARTIFACTS, ...args: readonly unknown[]): Promise<string>;
  /** Data of a call of a contract. */
  data(name: keyof typeof ARTIFACTS, method: string, ...args: readonly unknown[]): string;
  /** Asks the chain itself. */
  ask(method: string, params: readonly unknown[]): Promise<unknown>;
  close(): void;
}

/** More than anything here needs; not estimated, because a transaction that fails is sent on purpose. */
const GAS = 3_000_000n;
const FUNDS_ETH = '10000';
const GWEI = 1_000_000_000n;

/**
 * A new payer on a local chain, with coin of its own.
 *
 * @param mine makes a block, where the chain makes none by itself
 */
export async function createPayer(rpcUrl: string, mine: () => Promise<void> = async () => undefined): Promise<Payer> {
  const provider = new JsonRpcProvider(rpcUrl, undefined, { cacheTimeout: -1, pollingInterval: 100 });
  const wallet = new Wallet(Wallet.createRandom().privateKey, provider);
  const { chainId } = await provider.getNetwork();
  await provider.send('anvil_setBalance', [wallet.address, toQuantity(parseEther(FUNDS_ETH))]);
  let nonce = -1;

  async function send({ to, valueWei = 0n, data = '0x', nonce: own, gasPriceGwei = 10 }: Sending): Promise<string> {
    nonce = own ?? nonce + 1;
    const signed = await wallet.signTransaction({
      type: 0,
      chainId,
      to,
      value: valueWei,
      data,
      nonce,
      gasLimit: GAS,
      gasPrice: BigInt(gasPriceGwei) * GWEI,
    });
    return z.string().parse(await provider.send('eth_sendRawTransaction', [signed]));
  }

  return {
    address: wallet.address,
    send,
    lastNonce: () => nonce,
    async deploy(name, ...args) {
      const { abi, bytecode } = ARTIFACTS[name];
      nonce += 1;
      const contract = await new ContractFactory(abi, bytecode, wallet).deploy(...args, { nonce, gasLimit: GAS });
      await mine();
      await contract.waitForDeployment();
      return contract.getAddress();
    },
    data: (name, method, ...args) => new Interface(ARTIFACTS[name].abi).encodeFunctionData(method, [...args]),
    ask: (method, params) => provider.send(method, [...params]),
    close: () => provider.destroy(),
  };
}

/** What a token says an address has. */
export async function tokenBalance(payer: Payer, token: string, address: string): Promise<bigint> {
  const { interface: abi } = new Contract(token, ARTIFACTS.HavenToken.abi);
  const data = abi.encodeFunctionData('balanceOf', [address]);
  return BigInt(z.string().parse(await payer.ask('eth_call', [{ to: token, data }, 'latest'])));
}
