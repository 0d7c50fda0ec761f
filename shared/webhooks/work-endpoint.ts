import type { Breakers } from '#shared/platform/breaker/breaker.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { type Delivered, type DeliverOneDependencies, deliverOne, WRITE_BUDGET_MS } from './deliver-one.ts';
import type { WebhookDelivery } from './delivery.ts';
import type { WebhookDeliveryStore } from './delivery-store.ts';
import { type DisableDependencies, disableEndpoint } from './disable-endpoint.ts';
import type { WebhookEndpoint } from './endpoint.ts';
import { redeliverPage } from './redeliver-range.ts';
import type { Redelivery } from './redelivery.ts';
import {
  isHeld,
  isLeased,
  leasedStanding,
  type PassOutcome,
  releasedStanding,
  restedStanding,
  type Standing,
  wokenStanding,
} from './standing.ts';
import type { StandingStore } from './standing-store.ts';
import type { WebhookWaker } from './waker.ts';

/** What delivering to endpoints needs. */
export interface WorkDependencies extends DeliverOneDependencies, DisableDependencies {
  readonly standings: StandingStore;
  readonly deliveries: WebhookDeliveryStore;
  readonly breakers: Breakers;
  readonly waker: WebhookWaker;
  /** An endpoint that took nothing for so long is disabled. */
  readonly disableAfterMs: number;
}

/** Calls to one endpoint at once: few enough for whoever runs on one small machine. */
const CALLS_AT_ONCE = 4;
/** Deliveries that are taken from what is due to an endpoint at a time. */
const PAGE = 50;
/** With less time left no call is begun, for it would be cut short. */
const MIN_CALL_MS = 11_000;
/** How long an endpoint is left alone of which nobody answered: its next call may take ten seconds again. */
const SILENT_HOLD_MS = 60_000;
/** What is due sooner than the schedule runs again is waited for by a message. */
const SCHEDULE_MS = 60_000;

/**
 * Delivers what is due to one endpoint, for as long as there is time. Nobody else does meanwhile; one that is left alone, or disabled, costs a
 * read and a write.
 *
 * @param requestId the invocation, for audit entries
 */
export async function workEndpoint(
  deps: WorkDependencies,
  endpointId: string,
  requestId: string,
  deadline: Deadline,
): Promise<void> {
  const takenAtMs = deps.clock();
  const standing = await take(deps, endpointId, deadline);
  if (standing === undefined) return;
  const endpoint = await deps.endpoints.find(endpointId);
  if (endpoint?.enabled !== true) {
    await rest(deps, standing, takenAtMs, deadline);
    return;
  }
  const outcome = await deliverAll(deps, endpoint, standing, deadline);
  if (outcome.isGone && (await disableEndpoint(deps, endpoint, 'gone', requestId, deadline))) return;
  const released = await release(deps, endpointId, outcome, deadline);
  if (outcome.calls === 'failed' && hasFailedFor(deps, released)) {
    await disableEndpoint(deps, endpoint, 'failing', requestId, deadline);
  }
}

/** Leaves a disabled endpoint alone; not one of which something was said since it was taken: it may have been enabled, and is looked at again. */
async function rest(deps: WorkDependencies, taken: Standing, takenAtMs: number, deadline: Deadline): Promise<void> {
  const nothing: PassOutcome = { soonest: undefined, calls: 'none', lookedAtMs: takenAtMs };
  await deps.standings.change(
    taken.endpoint_id,
    (standing) =>
      standing.version === taken.version ? restedStanding(standing) : releasedStanding(standing, nothing, deps.clock()),
    deadline,
  );
}

function hasFailedFor({ clock, disableAfterMs }: WorkDependencies, standing: Standing | undefined): boolean {
  const since = standing?.failing_since ?? null;
  return since !== null && clock() - Date.parse(since) >= disableAfterMs;
}

/** Takes an endpoint; undefined when somebody else has it, who is told that there is more, or it is left alone or gone. */
async function take(deps: WorkDependencies, endpointId: string, deadline: Deadline): Promise<Standing | undefined> {
  let mine = false;
  const taken = await deps.standings.change(
    endpointId,
    (standing) => {
      const nowMs = deps.clock();
      mine = !isLeased(standing, nowMs) && !isHeld(standing, nowMs);
      if (mine) return leasedStanding(standing, nowMs);
      if (isLeased(standing, nowMs)) return wokenStanding(standing, nowMs);
      const { held_until } = standing;
      // One write puts it off as a whole, and where that is said already none.
      return standing.due_at === held_until
        ? undefined
        : { ...standing, due_at: held_until, version: standing.version + 1 };
    },
    deadline,
  );
  return mine ? taken : undefined;
}

/** Lets go of an endpoint. What is due before the schedule runs again is waited for by a message. */
async function release(
  deps: WorkDependencies,
  endpointId: string,
  outcome: PassOutcome,
  deadline: Deadline,
): Promise<Standing | undefined> {
  const released = await deps.standings.change(
    endpointId,
    (standing) => releasedStanding(standing, outcome, deps.clock()),
    deadline,
  );
  const dueAt = outcome.holdMs === undefined ? (released?.due_at ?? null) : null;
  const waitMs = dueAt === null ? SCHEDULE_MS : Date.parse(dueAt) - deps.clock();
  if (waitMs < SCHEDULE_MS) await deps.waker.wake([endpointId], Math.max(0, Math.ceil(waitMs / 1_000)));
  return released;
}

type Pass = PassOutcome & { readonly isGone: boolean };

/**
 * Delivers, round after round. What is to be sent again is put among what is due a page at a time, and only once less than a round is left of
 * that: what has just happened waits for no more than a page of it.
 */
async function deliverAll(
  deps: WorkDependencies,
  endpoint: WebhookEndpoint,
  taken: Standing,
  deadline: Deadline,
): Promise<Pass> {
  const breaker = deps.breakers.of(`webhook:${endpoint.id.toLowerCase()}`);
  const { standing, retryAfterMs } = await breaker.standing();
  let lookedAtMs = deps.clock();
  const nothing = { soonest: undefined, calls: 'none', isGone: false, lookedAtMs } as const;
  if (standing === 'refuse') return { ...nothing, holdMs: retryAfterMs };
  // Who has not answered lately is asked with one call first.
  const isDoubtful = standing !== 'pass' || taken.failing_since !== null;
  let calls: PassOutcome['calls'] = 'none';
  const telling = { ...deps, told: { givenUp: false } };
  let { redelivery } = taken;
  while (hasTime(deadline)) {
    lookedAtMs = deps.clock();
    const due = await deps.deliveries.due(endpoint.id, deps.clock(), PAGE);
    const atOnce = isDoubtful && calls === 'none' ? 1 : CALLS_AT_ONCE;
    const results = await severalOf(atOnce, due, deadline, (delivery) =>
      deliverOne(telling, endpoint, breaker, delivery, deadline),
    );
    // Where it has another URL by then, nothing was heard of that one.
    if (results.includes('gone'))
      return { ...nothing, soonest: await deps.deliveries.soonest(endpoint.id), isGone: true };
    if (results.includes('delivered')) calls = 'ok';
    // Who took something in a round before is not failing, whatever it answers then.
    else if (calls === 'none' && results.some((result) => result === 'failed' || result === 'silent')) calls = 'failed';
    if (results.includes('silent')) return { ...nothing, calls, holdMs: SILENT_HOLD_MS };
    if (results.includes('held'))
      return { ...nothing, calls, holdMs: Math.max(1_000, (await breaker.standing()).retryAfterMs) };
    if (redelivery !== null && due.length < PAGE && hasTime(deadline)) {
      redelivery = await redeliverNext(deps, endpoint.id, redelivery, deadline);
    } else if (results.every((result) => result === 'skipped')) break;
  }
  return { soonest: await deps.deliveries.soonest(endpoint.id), calls, isGone: false, lookedAtMs };
}

const hasTime = (deadline: Deadline) => deadline.allows(MIN_CALL_MS + WRITE_BUDGET_MS);

/** Works on several at once, until there is no time or one says that nobody answers. */
async function severalOf(
  atOnce: number,
  due: readonly WebhookDelivery[],
  deadline: Deadline,
  work: (delivery: WebhookDelivery) => Promise<Delivered>,
): Promise<readonly Delivered[]> {
  const results: Delivered[] = [];
  const waiting = [...due];
  const mayGoOn = () => hasTime(deadline) && !results.some((result) => STOPS.has(result));
  async function worker(): Promise<void> {
    while (mayGoOn()) {
      const delivery = waiting.shift();
      if (delivery === undefined) return;
      results.push(await work(delivery));
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

const STOPS: ReadonlySet<Delivered> = new Set(['silent', 'gone', 'held']);

/** Goes on with what is to be sent again by a page. Returns what is left of it. */
async function redeliverNext(
  deps: WorkDependencies,
  endpointId: string,
  job: Redelivery,
  deadline: Deadline,
): Promise<Redelivery | null> {
  const { after, redelivered } = await redeliverPage(deps.deliveries, endpointId, job, deps.clock(), deadline);
  const { id } = job;
  deps.log.write('WEBHOOKS_REDELIVERED', { endpoint_id: endpointId, redelivery_id: id, redelivered });
  const changed = await deps.standings.change(
    endpointId,
    (standing) =>
      standing.redelivery?.id === id
        ? { ...standing, redelivery: after ?? null, version: standing.version + 1 }
        : undefined,
    deadline,
  );
  return changed?.redelivery ?? null;
}
