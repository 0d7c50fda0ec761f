import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { Deadline } from '#shared/platform/deadline.ts';

/** What a transfer to an account without code needs (yellow paper, appendix G). */
const TRANSFER_GAS = 21_000n;

/**
 * The gas limit of a no-op: rollups ask more than the 21,000 of a plain transfer, and an account may have code (EIP-7702).
 *
 * @throws RpcTransportError
 */
export async function estimateNoopGas(client: ChainClient, address: string, deadline: Deadline): Promise<bigint> {
  const call = { from: address, to: address, valueWei: 0n, data: '0x' };
  const [gas] = await client.estimateGas([call], deadline);
  if (gas === undefined || !gas.ok || gas.value <= TRANSFER_GAS) return TRANSFER_GAS;
  return (gas.value * 12n) / 10n;
}
