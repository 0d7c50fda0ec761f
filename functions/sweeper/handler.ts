import type { Context } from 'aws-lambda';
import { Deadline } from '#shared/platform/deadline.ts';
import type { SweepDependencies } from '#shared/transactions/sweep/sweep-pass.ts';
import { sweepWallets } from '#shared/transactions/sweep/sweep-wallets.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/** Makes the sweeper: woken by the schedule, it goes on with every open sweep. */
export function createHandler(deps: SweepDependencies) {
  return async (
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const { seen, cutOff } = await sweepWallets(deps, context.awsRequestId, deadline);
    if (cutOff) {
      deps.log.write('SWEEPS_CUT_OFF', { seen });
      deps.metrics.count('SweepsCutOff');
    }
  };
}
