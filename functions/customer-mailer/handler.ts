import type { Context } from 'aws-lambda';
import { mailCustomers } from '#shared/mails/mail-customers.ts';
import type { MailOrderDependencies } from '#shared/mails/mail-orders.ts';
import { noticesTo } from '#shared/orders/order-keys.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { wokenIds } from '#shared/platform/dynamo/stream-keys.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/**
 * Makes the function that mails customers. Woken by the stream of the shop, it works the notices that were just written; woken by the
 * schedule, all that wait and all that is due. What a call comes to is in the rows: a failed one is no failure of the run.
 */
export function createHandler(deps: MailOrderDependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const woken = wokenIds(event, noticesTo('customer'), () => deps.log.write('ORDER_WAKE_UNREADABLE'));
    await mailCustomers(deps, woken, deadline);
  };
}
