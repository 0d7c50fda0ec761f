import { DEPOSIT_SWEEP_REFERENCE_PREFIX } from '#shared/transactions/reference-field.ts';
import { type TransactionStatus, transactionSchema } from '#shared/transactions/transaction.ts';

/** What a mined transaction moved and cost. Base units. */
export interface MinedFacts {
  readonly id: string;
  readonly status: TransactionStatus;
  readonly reference: string | null;
  readonly wallet_id: string;
  /** Lower case. */
  readonly from: string;
  /** Who got it: the recipient of a token transfer, too. Lower case. */
  readonly to: string;
  readonly chain_id: number;
  /** Null: the chain's own coin. Lower case. */
  readonly token_address: string | null;
  /** Of what was moved; 0 when it failed, or a no-op was mined in its place. */
  readonly amount: bigint;
  readonly feeWei: bigint;
  /** Whether it is gas that a sweep sent to an address. */
  readonly isGas: boolean;
}

const minedSchema = transactionSchema.pick({
  ...{ id: true, status: true, reference: true, wallet_id: true, chain_id: true, hash: true, attempts: true },
  ...{ from: true, to: true, value: true, data: true, succeeded: true, gas_used: true, effective_gas_price: true },
});

/** `transfer(address,uint256)` (ERC-20), with its two words. */
const TRANSFER = /^0xa9059cbb0{24}([0-9a-f]{40})([0-9a-f]{64})$/i;

/** What a row of a transaction says that it moved and cost; undefined: it is in no block. Pure. */
export function minedFacts(row: unknown): MinedFacts | undefined {
  const { success, data: mined } = minedSchema.safeParse(row);
  if (!success || mined.gas_used === null) return undefined;
  const { id, status, reference, wallet_id, from, to, value, data, chain_id, gas_used, effective_gas_price } = mined;
  const [, recipient, word] = TRANSFER.exec(data) ?? [];
  const isNoop = mined.attempts.some(({ hash, kind }) => hash === mined.hash && kind === 'noop');
  const moved = mined.succeeded === true && !isNoop;
  return {
    ...{ id, status, reference, wallet_id, chain_id },
    from: from.toLowerCase(),
    to: (recipient === undefined ? to : `0x${recipient}`).toLowerCase(),
    token_address: recipient === undefined ? null : to.toLowerCase(),
    amount: moved ? BigInt(word === undefined ? value : `0x${word}`) : 0n,
    feeWei: BigInt(gas_used) * BigInt(effective_gas_price ?? '0'),
    isGas: isSweepOfGas(reference),
  };
}

function isSweepOfGas(reference: string | null): boolean {
  return reference?.startsWith(DEPOSIT_SWEEP_REFERENCE_PREFIX) === true && reference.includes(':gas:');
}
