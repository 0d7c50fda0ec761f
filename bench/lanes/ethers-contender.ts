import { JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import { CONFIRMATIONS, type Contender, LIBRARY_POLL_MS, nowMs } from './contender.ts';
import { transferData } from './transfers.ts';

/** ethers' NonceManager over a key in this process: what a service without Haven would begin with. Stores nothing. */
export function createEthersContender(
  rpcUrl: string,
  chainId: number,
  tokenAddress: string,
  privateKey: string,
): Contender {
  const provider = new JsonRpcProvider(rpcUrl, chainId, { staticNetwork: true });
  provider.pollingInterval = LIBRARY_POLL_MS;
  const wallet = new Wallet(privateKey, provider);
  const manager = new NonceManager(wallet);
  return {
    name: "ethers' NonceManager",
    address: wallet.address,
    send: (serials) =>
      Promise.all(
        serials.map(async (serial) => {
          const askedAt = nowMs();
          const sent = await manager.sendTransaction({ to: tokenAddress, data: transferData(serial) });
          const broadcastAt = nowMs();
          const receipt = await sent.wait(CONFIRMATIONS);
          if (receipt === null) throw new Error(`ethers gave no receipt of ${sent.hash}`);
          return {
            askedAt,
            acceptedAt: askedAt,
            answeredAt: broadcastAt,
            broadcastAt,
            confirmedAt: nowMs(),
            blockNumber: receipt.blockNumber,
          };
        }),
      ),
    close: () => provider.destroy(),
  };
}
