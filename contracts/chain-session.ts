import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { FetchRequest, JsonRpcProvider, Network, Wallet } from 'ethers';
import * as z from 'zod';
import { InputError } from './inputs.ts';
import { reasonOf } from './reason.ts';

/** Public endpoints answer within a second or two; a longer silence is an endpoint that is down. */
const REQUEST_TIMEOUT_MS = 15_000;

/** How long to wait for an endpoint and for a block; absent: as long as each constant says. */
export interface WaitOptions {
  readonly requestTimeoutMs?: number;
  readonly confirmTimeoutMs?: number;
}

const chainIdAnswer = z.object({ result: z.string().regex(/^0x[0-9a-fA-F]+$/) });

/**
 * Runs work with a wallet on a chain, and lets go of the connection afterwards, so that the process can end.
 *
 * @param rpcUrl may hold credentials, so it is never put into an error
 * @throws InputError when no endpoint answers there
 */
export async function withWallet<T>(
  rpcUrl: string,
  privateKey: string,
  options: WaitOptions,
  work: (wallet: Wallet) => Promise<T>,
): Promise<T> {
  // An agent of its own, because ethers gives up on a silent request without closing its socket.
  const agent = new URL(rpcUrl).protocol === 'https:' ? new HttpsAgent() : new HttpAgent();
  const connection = new FetchRequest(rpcUrl);
  connection.timeout = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  connection.getUrlFunc = FetchRequest.createGetUrlFunc({ agent });
  try {
    // Asked before ethers does: its provider would go on asking for ever, and a well-known chain's plugins would fetch
    // fees from a third party.
    const network = new Network('chain', await readChainId(connection.clone()));
    const provider = new JsonRpcProvider(connection, network, { staticNetwork: network });
    try {
      return await work(new Wallet(privateKey, provider));
    } finally {
      provider.destroy();
    }
  } finally {
    agent.destroy();
  }
}

async function readChainId(request: FetchRequest): Promise<bigint> {
  request.body = { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] };
  try {
    const response = await request.send();
    response.assertOk();
    return BigInt(chainIdAnswer.parse(response.bodyJson).result);
  } catch (error) {
    const why = error instanceof z.ZodError ? 'it gave no chain id' : reasonOf(error);
    throw new InputError('rpcUrl', `no Ethereum endpoint answers there (${why})`);
  }
}
