import type { Context } from 'aws-lambda';
import { type LookOverStockDependencies, lookOverStock } from '#shared/catalog/look-over-stock.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 2_000;

/** Makes the stock reconciler: woken by the schedule, it looks over all stock and tells what it sees. It repairs nothing. */
export function createHandler(deps: LookOverStockDependencies) {
  return async (
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    await lookOverStock(deps, context.awsRequestId, deadline);
  };
}
