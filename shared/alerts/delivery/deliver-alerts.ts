import { SECRET_TTL_MS } from '#shared/platform/aws/secrets.ts';
import { throughBreaker } from '#shared/platform/breaker/breaker.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { hasEnded, isDue } from '#shared/platform/delivery/delivery.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { several } from '#shared/platform/several.ts';
import { GRAVITY } from '../alert.ts';
import { heldUntilMs, isFor } from '../channels/routing.ts';
import { type AlertDesk, type AlertDeskDependencies, createAlertDesk } from './alert-desk.ts';
import type { AlertFile } from './alert-file.ts';
import { type AlertChannel, type AlertChannels, DeliveryFailed } from './channel.ts';
import type { Delivery, DeliveryEvent } from './delivery.ts';
import { DeliveryRaced } from './delivery-store.ts';

/** What delivering alerts needs. */
export interface DeliverAlertsDependencies extends AlertDeskDependencies {
  /** As they are configured now. */
  readonly channels: () => Promise<AlertChannels>;
  /** Names the stage to whoever is told. */
  readonly stage: string;
  /** Where the runbook is, without `#` and a section's name. */
  readonly runbookUrl: string;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Alerts that are read and planned at once: enough to hide the latency of DynamoDB, few enough to leave it in peace. */
const LOADS_AT_ONCE = 10;
/** The share of a run after which no more is planned, so that however much there is, some of it is told. */
const PLANNING_SHARE = 0.5;
/** Calls to one channel at once. */
const CALLS_AT_ONCE = 4;
/** Kept for storing what a call came to, before the deadline. */
const WRITE_BUDGET_MS = 3_000;
/** With less time left no call is begun, for it would be cut short: the next run makes it. */
const MIN_CALL_MS = 5_000;

/**
 * Tells alerts to every channel, as far as that is due: plans those that nobody looked at, then works each channel by itself, so
 * that none waits for another. What fails is stored with when it is tried again, and stops nothing else.
 *
 * @param ids of alerts; those that are gone, or not due, are passed over
 */
export async function deliverAlerts(
  deps: DeliverAlertsDependencies,
  ids: readonly string[],
  deadline: Deadline,
): Promise<void> {
  // Also with nothing to tell: what is wrong with a channel is to be known before it is needed.
  const configured = await deps.channels();
  const desks = await plannedDesks(deps, await openFiles(deps, ids), configured, deadline);
  const byName = new Map(configured.channels.map((channel) => [channel.name, channel]));
  const due = Map.groupBy(desks.toSorted(byUrgency).flatMap(dueDeliveries(deps)), ({ channel }) => channel);
  await Promise.all(
    [...due].map(([name, waiting]) => {
      const channel = byName.get(name);
      if (channel !== undefined) return workChannel(deps, channel, waiting, deadline);
      return withoutChannel(deps, waiting, configured, deadline);
    }),
  );
}

/** A delivery that is due, with the alert that it is of. */
interface DueDelivery {
  readonly desk: AlertDesk;
  readonly channel: string;
  /** When it was planned, ISO 8601. */
  readonly createdAt: string;
}

/** The graver first, for a slow channel takes only some of them in a run; then the older. */
function byUrgency(one: AlertDesk, other: AlertDesk): number {
  const [first, second] = [one.current().alert, other.current().alert];
  return GRAVITY[second.severity] - GRAVITY[first.severity] || (first.id < second.id ? -1 : 1);
}

/** Reads alerts; those that are gone or have ended are passed over. */
async function openFiles(deps: DeliverAlertsDependencies, ids: readonly string[]): Promise<readonly AlertFile[]> {
  const files: AlertFile[] = [];
  await several(LOADS_AT_ONCE, ids, async (id) => {
    const file = await guarded(deps, id, () => deps.store.load(id));
    if (file?.alert.told_status === 'open') files.push(file);
  });
  return files;
}

/**
 * Plans alerts that nobody planned. Those of the same thing one after the other, because they change the same cool-down: at once
 * they would only get into each other's way. What there is no time for is left to the next run.
 */
async function plannedDesks(
  deps: DeliverAlertsDependencies,
  files: readonly AlertFile[],
  configured: AlertChannels,
  deadline: Deadline,
): Promise<readonly AlertDesk[]> {
  const desks = files.filter(({ alert }) => alert.is_planned).map((file) => createAlertDesk(deps, file));
  const unplanned = files.filter(({ alert }) => !alert.is_planned);
  const untilPlanned = Deadline.in(deadline.remainingMs() * PLANNING_SHARE, deps.clock);
  await several(LOADS_AT_ONCE, [...Map.groupBy(unplanned, ({ alert }) => alert.dedupe_key).values()], async (same) => {
    for (const file of same) {
      if (untilPlanned.remainingMs() === 0) return;
      const desk = await guarded(deps, file.alert.id, () => plan(deps, file, configured, deadline));
      if (desk !== undefined) desks.push(desk);
    }
  });
  return desks;
}

async function plan(
  deps: DeliverAlertsDependencies,
  file: AlertFile,
  { channels, complete }: AlertChannels,
  deadline: Deadline,
): Promise<AlertDesk | undefined> {
  const desk = createAlertDesk(deps, file);
  const names = channels.filter((channel) => isFor(file.alert, channel)).map(({ name }) => name);
  try {
    await desk.plan(names, complete, deadline);
  } catch (error) {
    // Other runs judge alerts of the same thing: while they get on, nothing is wrong, and the next run judges this one.
    if (error instanceof DeliveryRaced) return undefined;
    throw error;
  }
  reportPlan(deps, desk, channels.length);
  return desk;
}

function reportPlan({ log, metrics }: DeliverAlertsDependencies, desk: AlertDesk, channels: number): void {
  const { id, told_status, dedupe_key, severity } = desk.current().alert;
  if (told_status === 'held_back') {
    log.write('ALERT_HELD_BACK', { alert_id: id, dedupe: dedupe_key });
    metrics.count('AlertHeldBack');
  }
  if (told_status === 'no_channel') {
    log.write('ALERT_WITHOUT_CHANNEL', { alert_id: id, severity });
    // What is less grave may be what nobody wants to hear of.
    if (channels === 0 || GRAVITY[severity] >= GRAVITY.ERROR) metrics.count('AlertWithoutChannel');
  }
}

function dueDeliveries({ clock }: DeliverAlertsDependencies): (desk: AlertDesk) => DueDelivery[] {
  return (desk) =>
    desk
      .current()
      .deliveries.filter((delivery) => !hasEnded(delivery) && isDue(delivery, clock()))
      .map(({ channel, created_at }) => ({ desk, channel, createdAt: created_at }));
}

/** Makes the calls of one channel, a few at once. Once nobody answers, the rest waits for the next run: each would take as long. */
async function workChannel(
  deps: DeliverAlertsDependencies,
  channel: AlertChannel,
  waiting: readonly DueDelivery[],
  deadline: Deadline,
): Promise<void> {
  let isSilent = false;
  await several(CALLS_AT_ONCE, waiting, async ({ desk }) => {
    if (isSilent || !deadline.allows(MIN_CALL_MS + WRITE_BUDGET_MS)) return;
    await guarded(deps, desk.current().alert.id, async () => {
      if ((await deliver(deps, channel, desk, deadline)) === 'silent') isSilent = true;
    });
  });
}

/** Makes one call, which is stored before it is made; none in quiet hours, or while the circuit is open. */
async function deliver(
  deps: DeliverAlertsDependencies,
  channel: AlertChannel,
  desk: AlertDesk,
  deadline: Deadline,
): Promise<'silent' | undefined> {
  const apply = (event: DeliveryEvent) => desk.apply(channel.name, event, deadline);
  const quietMs = heldUntilMs(desk.current().alert, channel.routing, deps.clock());
  if (quietMs !== undefined) {
    await apply({ type: 'quiet', untilMs: quietMs });
    return undefined;
  }
  const { standing, retryAfterMs } = await channel.breaker.standing();
  if (standing === 'refuse') {
    reportFailure(deps, desk, await apply({ type: 'held', why: 'circuit_open', attempt: undefined, retryAfterMs }));
    return undefined;
  }
  const begun = await apply({ type: 'begin' });
  if (begun?.status !== 'sending') {
    reportFailure(deps, desk, begun);
    return undefined;
  }
  const attempt = begun.attempts;
  const { alert } = desk.current();
  const notice = { alert, heldBackBefore: alert.held_back_before, stage: deps.stage, runbookUrl: deps.runbookUrl };
  const call = Deadline.in(deadline.remainingMs() - WRITE_BUDGET_MS, deps.clock);
  const sinceMs = deps.clock();
  try {
    await throughBreaker(channel.breaker, () => channel.send(notice, call), isUnwell);
  } catch (error) {
    const failure = failureOf(error);
    const after =
      failure === undefined
        ? await apply({ type: 'held', why: 'circuit_open', attempt, retryAfterMs: retryAfterOf(error) })
        : await apply({
            type: 'failed',
            attempt,
            error: failure.reason,
            final: failure.final,
            jitter: deps.random(),
            retryAfterMs: failure.retryAfterMs,
          });
    reportFailure(deps, desk, after);
    if (failure !== undefined && !(error instanceof DeliveryFailed)) throw error;
    return failure?.silent === true ? 'silent' : undefined;
  }
  const latencyMs = deps.clock() - sinceMs;
  await apply({ type: 'delivered', attempt, latencyMs });
  deps.log.write('ALERT_DELIVERED', {
    alert_id: alert.id,
    channel: channel.name,
    attempts: attempt,
    latency_ms: latencyMs,
  });
  deps.metrics.count('AlertDelivered');
  return undefined;
}

const isUnwell = (error: unknown) => error instanceof DeliveryFailed && error.unwell;

/** What a failed call came to; undefined when the circuit let none through. What nobody foresaw is a bug, and tried again. */
function failureOf(error: unknown): Pick<DeliveryFailed, 'reason' | 'final' | 'silent' | 'retryAfterMs'> | undefined {
  if (error instanceof DeliveryFailed) return error;
  if (error instanceof HavenError && error.code === 'CIRCUIT_OPEN') return undefined;
  return { reason: 'internal_error', final: false, silent: false, retryAfterMs: undefined };
}

const retryAfterOf = (error: unknown) => 1_000 * (error instanceof HavenError ? (error.retryAfterSeconds ?? 1) : 1);

/** To a channel that is no longer there nothing is told. */
const REMOVED = { type: 'removed' } as const;
/** It may be there, but some of the channels could not be read. */
const UNREADABLE = {
  type: 'held',
  why: 'channel_unreadable',
  attempt: undefined,
  retryAfterMs: SECRET_TTL_MS,
} as const;

/** Ends deliveries to a channel that is not there, or has them wait until that is known. */
async function withoutChannel(
  deps: DeliverAlertsDependencies,
  waiting: readonly DueDelivery[],
  { complete }: AlertChannels,
  deadline: Deadline,
): Promise<void> {
  await several(LOADS_AT_ONCE, waiting, ({ desk, channel, createdAt }) =>
    guarded(deps, desk.current().alert.id, async () => {
      // Whoever planned it may have read of the channel what this process reads a little later.
      const isKnown = complete && deps.clock() >= Date.parse(createdAt) + SECRET_TTL_MS;
      reportFailure(deps, desk, await desk.apply(channel, isKnown ? REMOVED : UNREADABLE, deadline));
    }),
  );
}

function reportFailure(
  { log, metrics }: DeliverAlertsDependencies,
  desk: AlertDesk,
  delivery: Delivery | undefined,
): void {
  if (delivery === undefined) return;
  const { id, severity } = desk.current().alert;
  const { channel, attempts, last_error, next_attempt_at, status } = delivery;
  const facts = { alert_id: id, severity, channel, attempts, reason: last_error };
  if (status === 'given_up') {
    log.write('ALERT_GIVEN_UP', facts);
    metrics.count('AlertGivenUp');
  } else {
    log.write('ALERT_NOT_DELIVERED', { ...facts, next_attempt_at });
    metrics.count('AlertNotDelivered');
  }
}

/** One alert that can't be worked stops no other: it stays undelivered, and the next run tries again. */
async function guarded<T>(
  { log, metrics }: DeliverAlertsDependencies,
  id: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    log.write('ALERT_NOT_WORKED', { alert_id: id, error });
    metrics.count('AlertNotWorked');
    return undefined;
  }
}
