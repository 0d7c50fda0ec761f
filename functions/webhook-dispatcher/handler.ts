import type { Context } from 'aws-lambda';
import { cachedFor } from '#shared/platform/cached.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { wokenKeys } from '#shared/platform/dynamo/stream-keys.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type FanOutDependencies, fanOut } from '#shared/webhooks/fan-out.ts';
import type { NoticeSource } from '#shared/webhooks/notice-sources.ts';
import type { WebhookWaker } from '#shared/webhooks/waker.ts';

/** A notice, and where it waits. */
interface Waiting {
  readonly source: NoticeSource;
  readonly id: string;
}

/** What the webhook dispatcher needs. */
export interface DispatcherDependencies extends FanOutDependencies {
  /** Where notices wait. */
  readonly sources: readonly NoticeSource[];
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
/**
 * The list of endpoints is read once for all notices of a run, strongly consistent, and for no other run: each notice was there before the run
 * began, so that an endpoint hears of all that happens after it was made.
 */
const WHOLE_RUN_MS = Number.POSITIVE_INFINITY;
/** Notices at once: enough to hide the latency of DynamoDB, few enough to leave it in peace. */
const NOTICES_AT_ONCE = 10;

/**
 * Makes the function that makes events of what happened. Woken by the stream of a table, it takes the notices that were just written; woken by the
 * schedule, all that wait. One that fails waits for the next run, and stops no other.
 */
export function createHandler(deps: DispatcherDependencies) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const woken = wokenKeys(event, () => deps.log.write('WEBHOOK_WAKE_UNREADABLE'));
    const waiting = woken === undefined ? await allWaiting(deps) : [...new Set(woken)].flatMap(noticeOf(deps));
    const run = {
      ...deps,
      endpoints: { enabled: cachedFor(WHOLE_RUN_MS, deps.clock, () => deps.endpoints.enabled()) },
    };
    const endpoints = new Set<string>();
    async function work(): Promise<void> {
      for (let one = waiting.shift(); one !== undefined && deadline.allows(NOTICE_BUDGET_MS); one = waiting.shift()) {
        for (const endpointId of await dispatch(run, one, deadline)) endpoints.add(endpointId);
      }
    }
    await Promise.all(Array.from({ length: NOTICES_AT_ONCE }, work));
    await deps.waker.wake([...endpoints]);
  };
}

async function allWaiting({ sources }: DispatcherDependencies): Promise<Waiting[]> {
  const all = await Promise.all(
    sources.map(async (source) => (await source.waiting(SCHEDULE_BATCH_PER_SHARD)).map((id) => ({ source, id }))),
  );
  return all.flat();
}

/** Finds the notice that a partition key is of. */
function noticeOf({ sources, log }: DispatcherDependencies): (key: string) => readonly Waiting[] {
  return (key) => {
    const source = sources.find(({ prefix }) => key.startsWith(prefix));
    if (source !== undefined) return [{ source, id: key.slice(source.prefix.length) }];
    log.write('WEBHOOK_WAKE_UNREADABLE');
    return [];
  };
}

async function dispatch(
  deps: DispatcherDependencies,
  { source, id }: Waiting,
  deadline: Deadline,
): Promise<readonly string[]> {
  try {
    const fanned = await fanOut(deps, source, id, deadline);
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
