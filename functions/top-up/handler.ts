import type { Context } from 'aws-lambda';
import { Deadline } from '#shared/platform/deadline.ts';
import { sendTopUps, type TopUpDependencies } from '#shared/transactions/top-up/send-top-ups.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/** Makes the function that tops up: woken by the schedule, it looks at every wallet that is known to run low. */
export function createHandler(deps: TopUpDependencies) {
  return async (
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const { seen, cutOff } = await sendTopUps(deps, context.awsRequestId, deadline);
    if (cutOff) {
      deps.log.write('TOP_UPS_CUT_OFF', { seen });
      deps.metrics.count('TopUpFailed');
    }
  };
}
