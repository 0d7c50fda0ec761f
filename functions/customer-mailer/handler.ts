import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { mailCustomers } from '#shared/mails/mail-customers.ts';
import type { MailOrderDependencies } from '#shared/mails/mail-orders.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

const recordSchema = z.object({ dynamodb: z.object({ Keys: z.object({ pk: z.object({ S: z.string() }) }) }) });
const streamSchema = z.object({ Records: z.array(z.unknown()) });

/**
 * Makes the function that mails customers. Woken by the stream of the shop, it works the notices that were just written; woken by the
 * schedule, all that wait and all that is due. What a call comes to is in the rows: a failed one is no failure of the run.
 */
export function createHandler(deps: MailOrderDependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const stream = streamSchema.safeParse(event);
    const woken = stream.success ? stream.data.Records.flatMap((record) => noticeIdOf(deps, record)) : undefined;
    await mailCustomers(deps, woken, deadline);
  };
}

function noticeIdOf({ log }: MailOrderDependencies, record: unknown): string[] {
  const pk = recordSchema.safeParse(record).data?.dynamodb.Keys.pk.S ?? '';
  if (pk.startsWith('NOTICE#')) return [pk.slice('NOTICE#'.length)];
  // To throw would have the stream bring it again and again; the schedule finds the notice all the same.
  log.write('ORDER_WAKE_UNREADABLE');
  return [];
}
