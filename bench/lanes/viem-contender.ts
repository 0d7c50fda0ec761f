import { createPublicClient, createWalletClient, defineChain, type Hex, http, isHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { createNonceManager, jsonRpc } from 'viem/nonce';
import { CONFIRMATIONS, type Contender, LIBRARY_POLL_MS, nowMs } from './contender.ts';
import { transferData } from './transfers.ts';

function hex(text: string): Hex {
  if (!isHex(text)) throw new Error('That is no hex text');
  return text;
}

/** viem's nonce manager over a key in this process. Stores nothing. */
export function createViemContender(
  rpcUrl: string,
  chainId: number,
  tokenAddress: string,
  privateKey: string,
): Contender {
  const chain = defineChain({
    id: chainId,
    name: 'Local',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const transport = http(rpcUrl, { batch: true });
  const nonceManager = createNonceManager({ source: jsonRpc() });
  const account = privateKeyToAccount(hex(privateKey), { nonceManager });
  const wallet = createWalletClient({ account, chain, transport, pollingInterval: LIBRARY_POLL_MS });
  const reader = createPublicClient({ chain, transport, pollingInterval: LIBRARY_POLL_MS });
  return {
    name: "viem's nonceManager",
    address: account.address,
    send: (serials) =>
      Promise.all(
        serials.map(async (serial) => {
          const askedAt = nowMs();
          const hash = await wallet.sendTransaction({ to: hex(tokenAddress), data: hex(transferData(serial)) });
          const broadcastAt = nowMs();
          const receipt = await reader.waitForTransactionReceipt({ hash, confirmations: CONFIRMATIONS });
          return {
            askedAt,
            acceptedAt: askedAt,
            answeredAt: broadcastAt,
            broadcastAt,
            confirmedAt: nowMs(),
            blockNumber: Number(receipt.blockNumber),
          };
        }),
      ),
    close: () => undefined,
  };
}
