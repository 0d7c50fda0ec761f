import type { Context } from 'aws-lambda';
import { type ExecuteDependencies, executeDestructions } from '#shared/custody/destruction/execute-destructions.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/** Makes the key destroyer: woken by the schedule, it destroys what two people decided and whose time has come. */
export function createHandler(deps: ExecuteDependencies) {
  return async (
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    await executeDestructions(deps, context.awsRequestId, deadline);
  };
}
