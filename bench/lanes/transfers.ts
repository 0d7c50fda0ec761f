import { tokenInterface } from '#shared/token/token-contract.ts';
import type { TransactionIntent } from '#shared/transactions/accept.ts';

/** Who receives every transfer: the second dev account, in which nobody else is interested. */
const RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

/**
 * Calldata of a HAVEN transfer. All contenders send the same.
 *
 * @param serial the amount in base units, by which the transfer is recognised
 */
export function transferData(serial: number): string {
  return tokenInterface.encodeFunctionData('transfer', [RECIPIENT, serial]);
}

/** The same transfer, as Haven's own code is asked for it past the API. */
export function transferIntent(
  walletId: string,
  chainId: number,
  tokenAddress: string,
  serial: number,
): TransactionIntent {
  return {
    walletId,
    chainId,
    to: tokenAddress,
    value: '0',
    data: transferData(serial),
    speed: 'standard',
    reference: null,
    validUntil: null,
  };
}

/**
 * The serial of a transfer, from its calldata.
 *
 * @returns undefined when it is no transfer
 */
export function serialOf(data: string): number | undefined {
  const call = tokenInterface.parseTransaction({ data });
  return call?.name === 'transfer' ? Number(call.args[1]) : undefined;
}
