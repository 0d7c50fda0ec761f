import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { deliveryIdOf } from './delivery.ts';
import type { WebhookDeliveryStore } from './delivery-store.ts';
import type { EndpointStore } from './endpoint-store.ts';
import type { WebhookEvent } from './event.ts';
import { subscribesTo } from './event-types.ts';
import type { NoticeSource, WaitingNotice } from './notice-sources.ts';
import { ENDPOINTS_AT_ONCE, planDeliveries, putEvent } from './plan.ts';
import type { Standing } from './standing.ts';
import type { StandingStore } from './standing-store.ts';

/** What fanning out events needs. */
export interface FanOutDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly notify: string };
  readonly endpoints: Pick<EndpointStore, 'enabled'>;
  readonly standings: Pick<StandingStore, 'loadAll'>;
  readonly deliveries: Pick<WebhookDeliveryStore, 'event' | 'loadAll'>;
  readonly clock: Clock;
  readonly wait?: Sleep;
}

/** What came of a notice. */
export interface FannedOut {
  /** Endpoints that now have a delivery of it. */
  readonly endpointIds: readonly string[];
}

/** Rivals are whoever delivers to the same endpoints, and another run that was woken for the same notice. */
const FAN_OUT_RETRY: RetryPolicy = { maxAttempts: 10, baseDelayMs: 10, maxDelayMs: 200 };

/**
 * Makes an event of a notice to integrators, with a delivery to each endpoint that subscribes to it; the notice goes in the transaction of the
 * last of them, so that one that is cut off is done again, and none is planned twice. Without such an endpoint the notice just goes.
 *
 * @returns undefined when there is no such notice any more
 * @throws WRITE_CONFLICT, DATABASE_ERROR
 */
export function fanOut(
  deps: FanOutDependencies,
  source: Pick<NoticeSource, 'find'>,
  noticeId: string,
  deadline: Deadline,
): Promise<FannedOut | undefined> {
  let isFirst = true;
  return untilUnraced(
    async () => {
      const notice = await source.find(noticeId);
      if (notice === undefined) return undefined;
      const mayBeBegun = !isFirst;
      isFirst = false;
      return planNotice(deps, noticeId, notice, mayBeBegun, deadline);
    },
    FAN_OUT_RETRY,
    deadline,
    deps.wait,
  );
}

/**
 * Plans the deliveries of a notice.
 *
 * @param mayBeBegun whether somebody was there first, who may have begun it when there were more endpoints than now
 */
async function planNotice(
  deps: FanOutDependencies,
  noticeId: string,
  notice: WaitingNotice,
  mayBeBegun: boolean,
  deadline: Deadline,
): Promise<FannedOut> {
  const matching = (await deps.endpoints.enabled()).filter(({ events }) => subscribesTo(events, notice.type));
  const standings = await deps.standings.loadAll(matching.map(({ id }) => id));
  if (standings.length === 0) {
    const write = new WriteTransaction();
    notice.remove(write);
    await write.commit(deps.client, deadline, deps.wait);
    return { endpointIds: [] };
  }
  // More than one transaction takes may have been begun before: then what is there stays.
  const isLong = standings.length > ENDPOINTS_AT_ONCE;
  const stored = isLong || mayBeBegun ? await deps.deliveries.event(noticeId) : undefined;
  const event = stored ?? (await notice.event());
  const missing = stored === undefined ? standings : await withoutDelivery(deps, event, standings);
  const chunks = chunksOf(missing, ENDPOINTS_AT_ONCE);
  for (const [number, chunk] of chunks.entries()) {
    const write = new WriteTransaction();
    if (number === 0 && stored === undefined) putEvent(write, deps.tables.notify, event);
    planDeliveries(write, deps.tables.notify, event, chunk, deps.clock());
    if (number === chunks.length - 1) notice.remove(write);
    await write.commit(deps.client, deadline, deps.wait);
  }
  return { endpointIds: standings.map(({ endpoint_id }) => endpoint_id) };
}

async function withoutDelivery(
  { deliveries }: FanOutDependencies,
  event: WebhookEvent,
  standings: readonly Standing[],
): Promise<readonly Standing[]> {
  const ids = standings.map(({ endpoint_id }) => deliveryIdOf(event.id, endpoint_id));
  const planned = new Set((await deliveries.loadAll(ids)).map(({ endpoint_id }) => endpoint_id));
  return standings.filter(({ endpoint_id }) => !planned.has(endpoint_id));
}

/** At least one, empty or not: the last takes the notice away. */
function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.max(1, Math.ceil(items.length / size));
  return Array.from({ length: count }, (_, number) => items.slice(number * size, (number + 1) * size));
}
