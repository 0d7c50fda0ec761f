import type { TransactionIntent } from '#shared/transactions/accept.ts';
import type { Speed } from '#shared/transactions/transaction.ts';
import { tokenInterface } from './token-contract.ts';
import type { TokenSettings } from './token-settings.ts';

/**
 * What to send for a call of the token.
 *
 * @param data the encoded call, hex
 */
export function tokenCall(
  settings: Pick<TokenSettings, 'chain_id' | 'address'>,
  walletId: string,
  data: string,
  speed: Speed,
  reference: string | null,
): TransactionIntent {
  return {
    walletId,
    chainId: settings.chain_id,
    to: settings.address,
    value: '0',
    data,
    speed,
    reference,
    validUntil: null,
  };
}

/**
 * The call by which a holder burns its own tokens.
 *
 * @param amount base units, a decimal string
 */
export function burnData(amount: string): string {
  return tokenInterface.encodeFunctionData('burn', [BigInt(amount)]);
}
