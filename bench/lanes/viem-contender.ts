import { createPublicClient, createWalletClient, defineChain, type Hex, http, isHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { createNonceManager, jsonRpc } from 'viem/nonce';
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

function hex(text: string): Hex {
  if (!isHex(text)) throw new Error('That is no hex text');
  return text;
}

/**
 * viem's nonce manager over a key in this process. Stores nothing.
 *
 * @param timeoutMs what is not confirmed by then counts as failed
 */
export function createViemContender(
  { rpcUrl, chainId, tokenAddress }: Course,
  privateKey: string,
  timeoutMs = CONFIRM_TIMEOUT_MS,
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
  const sendOne = async (serial: number) => {
    const askedAt = nowMs();
    const hash = await wallet.sendTransaction({ to: hex(tokenAddress), data: hex(transferData(serial)) });
    const broadcastAt = nowMs();
    const receipt = await reader.waitForTransactionReceipt({ hash, confirmations: CONFIRMATIONS, timeout: timeoutMs });
    const confirmedAt = nowMs();
    const blockNumber = Number(receipt.blockNumber);
    return { askedAt, acceptedAt: askedAt, answeredAt: broadcastAt, broadcastAt, confirmedAt, blockNumber };
  };
  return {
    name: "viem's nonceManager",
    address: account.address,
    fewestAtOnce: 1,
    send: (serials) => Promise.all(serials.map((serial) => libraryOutcome(serial, () => sendOne(serial)))),
    close: () => undefined,
  };
}
