import * as z from 'zod';
import { bigintQuantity } from './quantities.ts';

/** What recent blocks paid, oldest first (eth_feeHistory). */
export interface FeeHistory {
  /** Base fees in wei; the last one is the next block's. Empty or zero on a chain without EIP-1559. */
  readonly baseFees: readonly bigint[];
  /** Priority fees in wei by block, at the percentiles asked for. */
  readonly rewards: readonly (readonly bigint[])[];
}

/** A fee history as nodes tell it. */
export const feeHistorySchema = z
  .object({ baseFeePerGas: z.array(bigintQuantity), reward: z.array(z.array(bigintQuantity)).nullish() })
  .transform(({ baseFeePerGas, reward }): FeeHistory => ({ baseFees: baseFeePerGas, rewards: reward ?? [] }));
