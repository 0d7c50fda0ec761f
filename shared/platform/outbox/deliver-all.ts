import type { Deadline } from '../deadline.ts';
import type { Log } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import { type DeliveryDependencies, deliverMessage } from './deliver.ts';

/** What delivering several messages needs. */
export interface DeliverAllDependencies extends DeliveryDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What became of a message. `gone`: it was delivered before. */
export type Outcome = 'delivered' | 'gone' | 'failed';

/** A delivery is a read or two and a write; none is begun with less time left. */
const DELIVERY_BUDGET_MS = 2_000;
/** Deliveries at once: enough to hide the latency of DynamoDB, few enough to leave it in peace. */
const DELIVERIES_AT_ONCE = 10;

/**
 * Delivers messages, each by itself: one that fails is logged and counted, stays in the outbox and stops no other. Those that no
 * time is left for count as failed.
 *
 * @param requestId the invocation, for audit entries
 */
export async function deliverAll(
  deps: DeliverAllDependencies,
  ids: readonly string[],
  requestId: string,
  deadline: Deadline,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const waiting = [...ids];
  async function work(): Promise<void> {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      outcomes.set(
        id,
        deadline.allows(DELIVERY_BUDGET_MS) ? await deliverOne(deps, id, requestId, deadline) : 'failed',
      );
    }
  }
  await Promise.all(Array.from({ length: DELIVERIES_AT_ONCE }, work));
  return outcomes;
}

async function deliverOne(
  deps: DeliverAllDependencies,
  id: string,
  requestId: string,
  deadline: Deadline,
): Promise<Outcome> {
  try {
    return (await deliverMessage(deps, id, requestId, deadline)) ? 'delivered' : 'gone';
  } catch (error) {
    deps.log.write('OUTBOX_FAILED', { message: id, error });
    deps.metrics.count('OutboxFailed');
    return 'failed';
  }
}
