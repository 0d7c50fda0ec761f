import type { Context } from 'aws-lambda';
import { type ExpireDependencies, expireAtProcessors } from '#shared/payments/processors/expire-at-processors.ts';
import { type TellOfStuckDependencies, tellOfStuck } from '#shared/payments/processors/tell-of-stuck.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/** Makes the order expirer: woken by the schedule, it settles every order that is due and paid through a processor, and tells of those that wait too long for its word. */
export function createHandler(deps: ExpireDependencies & TellOfStuckDependencies) {
  return async (
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    await expireAtProcessors(deps, context.awsRequestId, deadline);
    await tellOfStuck(deps, context.awsRequestId, deadline);
  };
}
