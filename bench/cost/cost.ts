import { orderConsumption } from '../checkout/order-cost.ts';
import { type PerTransaction, perTransaction } from '../lanes/lane-cost.ts';
import type { Consumption } from '../prices.ts';
import { MEASURED_GB_SECONDS, ORDER_STEPS, TRANSACTION_OPERATIONS } from './counted.ts';

/** Counts have no time: Lambda's is put in afterwards, from what was measured. */
const untimed = <T extends object>(counted: readonly T[]) => counted.map((one) => ({ ...one, durationMs: 0 }));

/** What one order uses of AWS, from its cart to its completion. */
export function orderUse(): Consumption {
  return { ...orderConsumption(untimed(ORDER_STEPS)), lambdaGigabyteSecond: MEASURED_GB_SECONDS.order };
}

/** What one transaction uses of AWS, from the request to its confirmation: alone, and as one of ten. */
export function transactionUses(): readonly PerTransaction[] {
  const { transactionAlone, transactionWithNineOthers } = MEASURED_GB_SECONDS;
  return [
    { batch: 1, seconds: transactionAlone },
    { batch: 10, seconds: transactionWithNineOthers },
  ].map(({ batch, seconds }) => {
    const counted = perTransaction(untimed(TRANSACTION_OPERATIONS), batch);
    return { ...counted, consumption: { ...counted.consumption, lambdaGigabyteSecond: seconds } };
  });
}
