import { Transaction as EthereumTransaction, getBytes } from 'ethers';
import type { Signer } from '#shared/custody/signer.ts';
import type { WalletIdentity } from '#shared/custody/wallet.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Attempt, Transaction } from '../transaction.ts';
import type { Fees } from './fees.ts';

/** A transaction that is ready to be signed. */
export interface Prepared {
  readonly transaction: Transaction;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly fees: Fees;
  /** `noop`: nothing to its own address, in place of what was asked for. */
  readonly kind: Attempt['kind'];
}

/** When it is signed. */
export interface SigningMoment {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The head of the chain. */
  readonly blockNumber: number;
  readonly feeModel: ChainConfig['fee_model'];
}

/** A transaction with its signature. */
export interface Signed {
  readonly transaction: Transaction;
  readonly attempt: Attempt;
  /** The signed bytes, hex. */
  readonly bytes: string;
}

/**
 * Signs prepared transactions (EIP-1559, type 2; EIP-155, type 0, on a chain without a base fee) with one use of the key.
 *
 * @param deadline of the signer
 * @throws KEY_DECRYPTION_FAILED, CIRCUIT_OPEN
 */
export async function signPrepared(
  signer: Signer,
  wallet: WalletIdentity,
  prepared: readonly Prepared[],
  { at, blockNumber, feeModel }: SigningMoment,
  deadline?: Deadline,
): Promise<readonly Signed[]> {
  const unsigned = prepared.map((item) => unsignedOf(item, feeModel));
  const signatures = await signer.sign(
    wallet,
    unsigned.map((transaction) => getBytes(transaction.unsignedHash)),
    deadline,
  );
  return prepared.map(({ transaction, nonce, gasLimit, fees, kind }, index) => {
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
      kind,
      max_fee_per_gas: fees.maxFeePerGas.toString(),
      max_priority_fee_per_gas: fees.maxPriorityFeePerGas.toString(),
      gas_limit: gasLimit.toString(),
      signed_at_block: blockNumber,
      signed_at: notBeforeRequest(transaction, at),
      broadcast_at: null,
      outcome: 'signed',
      permanent_refusals: 0,
      nonce_too_low_since: null,
    };
    return { transaction, attempt, bytes: ethereum.serialized };
  });
}

/** A clock that is behind that of the request would have one request for speed answered by version after version. */
function notBeforeRequest({ accelerated_at }: Transaction, at: string): string {
  return accelerated_at !== null && accelerated_at > at ? accelerated_at : at;
}

function unsignedOf(
  { transaction, nonce, gasLimit, fees, kind }: Prepared,
  feeModel: SigningMoment['feeModel'],
): EthereumTransaction {
  const intent = { to: transaction.to, value: BigInt(transaction.value), data: transaction.data };
  const content = kind === 'noop' ? { to: transaction.from, value: 0n, data: '0x' } : intent;
  const common = { chainId: transaction.chain_id, nonce, gasLimit, ...content };
  if (feeModel === 'legacy') return EthereumTransaction.from({ ...common, type: 0, gasPrice: fees.maxFeePerGas });
  return EthereumTransaction.from({
    ...common,
    type: 2,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
  });
}
