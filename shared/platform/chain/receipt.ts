import * as z from 'zod';
import { bigintQuantity, hashData, numberQuantity } from './quantities.ts';

/** What became of a mined transaction. */
export interface Receipt {
  readonly transactionHash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** What was really paid per gas; undefined: the node does not say. */
  readonly effectiveGasPriceWei?: bigint | undefined;
}

/** A receipt as nodes tell it (eth_getTransactionReceipt). */
export const receiptSchema = z
  .object({
    transactionHash: hashData,
    blockNumber: numberQuantity,
    blockHash: hashData,
    status: numberQuantity,
    gasUsed: bigintQuantity,
    // Nodes from before EIP-1559 leave it out.
    effectiveGasPrice: bigintQuantity.nullish(),
  })
  .transform(
    ({ status, effectiveGasPrice, ...rest }): Receipt => ({
      ...rest,
      succeeded: status === 1,
      ...(typeof effectiveGasPrice === 'bigint' ? { effectiveGasPriceWei: effectiveGasPrice } : {}),
    }),
  );
