import type { QueueCounter } from '#shared/platform/aws/queue-counts.ts';
import { bounded, type Check } from '../check.ts';
import { type DeadLetters, judgeDeadLetters } from '../judge-custody.ts';

/**
 * Watches the dead-letter queues. A call for each, and one more for its address in a process's life.
 *
 * @param queues their names
 */
export function deadLettersCheck(counter: Pick<QueueCounter, 'count'>, queues: readonly string[]): Check {
  async function countIn(queue: string): Promise<DeadLetters> {
    const { visible, inFlight } = await counter.count(queue);
    // Somebody looks at those in flight: they are no less dead.
    return { queue, messages: visible + inFlight };
  }

  return {
    name: 'dead_letters',
    async look() {
      return bounded(judgeDeadLetters(await Promise.all(queues.map(countIn))), true);
    },
  };
}
