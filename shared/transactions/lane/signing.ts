import { Transaction as EthereumTransaction, getBytes } from 'ethers';
import type { Signer } from '#shared/custody/signer.ts';
import type { WalletIdentity } from '#shared/custody/wallet.ts';
import type { Attempt, Transaction } from '../transaction.ts';
import type { Fees } from './fees.ts';

/** A transaction that is ready to be signed. */
export interface Prepared {
  readonly transaction: Transaction;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly fees: Fees;
}

/** A transaction with its signature. */
export interface Signed {
  readonly transaction: Transaction;
  readonly attempt: Attempt;
  /** The signed bytes, hex. */
  readonly bytes: string;
}

/**
 * Signs prepared transactions (EIP-1559, type 2) with one use of the key.
 *
 * @param at ISO 8601, UTC
 * @throws KEY_DECRYPTION_FAILED
 */
export async function signPrepared(
  signer: Signer,
  wallet: WalletIdentity,
  prepared: readonly Prepared[],
  at: string,
): Promise<readonly Signed[]> {
  const unsigned = prepared.map(({ transaction, nonce, gasLimit, fees }) =>
    EthereumTransaction.from({
      type: 2,
      chainId: transaction.chain_id,
      nonce,
      to: transaction.to,
      value: BigInt(transaction.value),
      data: transaction.data,
      gasLimit,
      maxFeePerGas: fees.maxFeePerGas,
      maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
    }),
  );
  const signatures = await signer.sign(
    wallet,
    unsigned.map((transaction) => getBytes(transaction.unsignedHash)),
  );
  return prepared.map(({ transaction, nonce, gasLimit, fees }, index) => {
    const ethereum = unsigned[index];
    const signature = signatures[index];
    if (ethereum === undefined || signature === undefined) throw new Error('The signer left a digest unsigned');
    ethereum.signature = signature;
    if (ethereum.from !== wallet.address || ethereum.hash === null) {
      throw new Error(`The signature of ${transaction.id} is not that of ${wallet.address}`);
    }
    const attempt: Attempt = {
      hash: ethereum.hash,
      nonce,
      max_fee_per_gas: fees.maxFeePerGas.toString(),
      max_priority_fee_per_gas: fees.maxPriorityFeePerGas.toString(),
      gas_limit: gasLimit.toString(),
      signed_at: at,
      broadcast_at: null,
      outcome: 'signed',
    };
    return { transaction, attempt, bytes: ethereum.serialized };
  });
}
