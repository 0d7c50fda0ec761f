import type { Context } from 'aws-lambda';
import type { DepositSweepDependencies } from '#shared/payments/sweeps/deposit-pass.ts';
import { sweepDeposits } from '#shared/payments/sweeps/sweep-deposits.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/** Makes the deposit sweeper: woken by the schedule, it takes up confirmed payments and goes on with every open sweep. */
export function createHandler(deps: DepositSweepDependencies) {
  return async (
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const { seen, cutOff } = await sweepDeposits(deps, context.awsRequestId, deadline);
    if (cutOff) {
      deps.log.write('DEPOSIT_SWEEPS_CUT_OFF', { seen });
      deps.metrics.count('DepositSweepsCutOff');
    }
  };
}
