import type { SQSClient } from '@aws-sdk/client-sqs';
import type { QueueCounter } from '#shared/platform/aws/queue-counts.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { type DeadLetterQueue, queueNamed } from './catalogue.ts';
import { createLetterBox } from './letters.ts';
import { backTo, type Call, callAgain, runOnce } from './passes.ts';
import { type Pass, type Redriven, redrive } from './redrive.ts';

/** What redriving a queue of the stage needs. */
export interface RedriveQueueDependencies {
  readonly sqs: SQSClient;
  readonly counter: Pick<QueueCounter, 'urlOf'>;
  readonly call: Call;
  /** Stands before the name of every queue and function: `haven-<stage>-`. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Redrives a dead-letter queue until it is empty or the time is over.
 *
 * @param name of the catalogue
 * @throws Error when there is no dead-letter queue of that name: who asks has looked it up
 */
export async function redriveQueue(
  deps: RedriveQueueDependencies,
  name: string,
  deadline: Deadline,
): Promise<Redriven> {
  const queue = queueNamed(name);
  if (queue?.kind !== 'dead_letters') throw new Error(`There is no dead-letter queue ${name}`);
  const { counter, prefix, sqs, clock, log } = deps;
  const box = createLetterBox(sqs, await counter.urlOf(prefix + name));
  const redriven = await redrive({ box, pass: await passOf(deps, queue), clock, log }, deadline);
  log.write('QUEUE_REDRIVEN', { queue: name, ...redriven });
  return redriven;
}

async function passOf({ sqs, counter, call, prefix }: RedriveQueueDependencies, queue: DeadLetterQueue): Promise<Pass> {
  if (queue.source !== null) return backTo(sqs, await counter.urlOf(prefix + queue.source));
  return (queue.redrive === 'run' ? runOnce : callAgain)(call, prefix + queue.feeds);
}
