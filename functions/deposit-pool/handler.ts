import type { Context, SQSBatchResponse } from 'aws-lambda';
import { type RefillDependencies, refillPool } from '#shared/custody/deposit-pool/refill-pool.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for noting how the pool stands, and Lambda's own end. */
const DEADLINE_MARGIN_MS = 3_000;

/**
 * Makes the function that fills the pool: woken by the schedule, or by kicks of those who saw few left. A kick carries no
 * work, so what it says doesn't matter, nor how many came at once.
 */
export function createHandler(deps: RefillDependencies) {
  return async (
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<SQSBatchResponse> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    await refillPool(deps, context.awsRequestId, deadline);
    return { batchItemFailures: [] };
  };
}
