import { JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import {
  CONFIRM_TIMEOUT_MS,
  CONFIRMATIONS,
  type Contender,
  type Course,
  LIBRARY_POLL_MS,
  libraryOutcome,
  nowMs,
} from './contender.ts';
import { transferData } from './transfers.ts';

/**
 * ethers' NonceManager over a key in this process: what a service without Haven would begin with. Stores nothing.
 *
 * @param timeoutMs what is not confirmed by then counts as failed
 */
export function createEthersContender(
  { rpcUrl, chainId, tokenAddress }: Course,
  privateKey: string,
  timeoutMs = CONFIRM_TIMEOUT_MS,
): Contender {
  const provider = new JsonRpcProvider(rpcUrl, chainId, { staticNetwork: true });
  provider.pollingInterval = LIBRARY_POLL_MS;
  const wallet = new Wallet(privateKey, provider);
  const manager = new NonceManager(wallet);
  const sendOne = async (serial: number) => {
    const askedAt = nowMs();
    const sent = await manager.sendTransaction({ to: tokenAddress, data: transferData(serial) });
    const broadcastAt = nowMs();
    const receipt = await sent.wait(CONFIRMATIONS, timeoutMs);
    if (receipt === null) throw new Error(`ethers gave no receipt of ${sent.hash}`);
    const confirmedAt = nowMs();
    const { blockNumber } = receipt;
    return { askedAt, acceptedAt: askedAt, answeredAt: broadcastAt, broadcastAt, confirmedAt, blockNumber };
  };
  return {
    name: "ethers' NonceManager",
    address: wallet.address,
    fewestAtOnce: 1,
    send: (serials) => Promise.all(serials.map((serial) => libraryOutcome(serial, () => sendOne(serial)))),
    close: () => provider.destroy(),
  };
}
