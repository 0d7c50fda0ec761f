import type { Context } from 'aws-lambda';
import type { NoticeStore } from '#shared/orders/notice-store.ts';
import { noticesTo } from '#shared/orders/order-keys.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { wokenIds } from '#shared/platform/dynamo/stream-keys.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type FanOutDependencies, fanOut } from '#shared/webhooks/fan-out.ts';
import type { WebhookWaker } from '#shared/webhooks/waker.ts';

/** What the webhook dispatcher needs. */
export interface DispatcherDependencies extends FanOutDependencies {
  readonly notices: NoticeStore;
  readonly waker: WebhookWaker;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Left over for the wakes and Lambda's own end. */
const DEADLINE_MARGIN_MS = 2_000;
/** Notices that one run of the schedule takes from each shard, the oldest first. */
const SCHEDULE_BATCH_PER_SHARD = 500;
/** A notice is some reads and a write or two; none is begun with less time left. */
const NOTICE_BUDGET_MS = 3_000;
/** Notices at once: enough to hide the latency of DynamoDB, few enough to leave it in peace. */
const NOTICES_AT_ONCE = 10;

/**
 * Makes the function that makes events of what happened. Woken by the stream of the shop, it takes the notices that were just written; woken by the
 * schedule, all that wait. One that fails waits for the next run, and stops no other.
 */
export function createHandler(deps: DispatcherDependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const woken = wokenIds(event, noticesTo('merchant'), () => deps.log.write('WEBHOOK_WAKE_UNREADABLE'));
    const ids = woken ?? (await deps.notices.waiting(SCHEDULE_BATCH_PER_SHARD));
    const waiting = [...new Set(ids)];
    const endpoints = new Set<string>();
    async function work(): Promise<void> {
      for (let id = waiting.shift(); id !== undefined && deadline.allows(NOTICE_BUDGET_MS); id = waiting.shift()) {
        for (const endpointId of await dispatch(deps, id, deadline)) endpoints.add(endpointId);
      }
    }
    await Promise.all(Array.from({ length: NOTICES_AT_ONCE }, work));
    await deps.waker.wake([...endpoints]);
  };
}

async function dispatch(deps: DispatcherDependencies, id: string, deadline: Deadline): Promise<readonly string[]> {
  try {
    const fanned = await fanOut(deps, id, deadline);
    if (fanned === undefined) return [];
    deps.log.write('WEBHOOK_EVENT_PLANNED', { event_id: id, endpoints: fanned.endpointIds.length });
    deps.metrics.count('WebhookEventPlanned');
    return fanned.endpointIds;
  } catch (error) {
    deps.log.write('WEBHOOK_EVENT_NOT_PLANNED', { event_id: id, error });
    deps.metrics.count('WebhookEventNotPlanned');
    return [];
  }
}
