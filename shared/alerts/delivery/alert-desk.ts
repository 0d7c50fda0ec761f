import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { reportAlert } from '../record-alert.ts';
import type { AlertFile } from './alert-file.ts';
import { channelTrouble } from './channel-trouble.ts';
import { isCoolingDown, judgeCoolDown } from './cool-down.ts';
import { type Delivery, type DeliveryEvent, GIVE_UP_AFTER_MS, newDelivery, stepDelivery } from './delivery.ts';
import { type AlertChange, DeliveryRaced, type DeliveryStore } from './delivery-store.ts';
import { toldStatusOf, undeliveredOf } from './told-alert.ts';

/** Lost races in a row after which an alert is left to those who won them. */
const MAX_RACES = 5;

/** What changing an alert needs. */
export interface AlertDeskDependencies {
  readonly store: DeliveryStore;
  readonly clock: Clock;
  readonly coolDownMs: number;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** One alert under work: all changes of it by this process go through here, one after the other. */
export interface AlertDesk {
  /** As it was stored last, as far as this process knows. */
  current(): AlertFile;
  /**
   * Judges an alert that nobody looked at by its cool-down, and gives it deliveries to channels that it has none to.
   *
   * @param channels names of those that are configured
   * @param complete whether these are all; else it stays undelivered until they are, for a day at most
   */
  plan(channels: readonly string[], complete: boolean, deadline: Deadline): Promise<void>;
  /**
   * Tells of what happened to one of its deliveries, and stores that; with an alert for the other channels where that one is in trouble.
   *
   * @returns the delivery after it; undefined when it could not happen, because somebody else was there first
   */
  apply(channel: string, event: DeliveryEvent, deadline: Deadline): Promise<Delivery | undefined>;
}

type Change = Omit<AlertChange, 'before'>;

/**
 * Takes an alert under work.
 *
 * @param file as it was read
 */
export function createAlertDesk(deps: AlertDeskDependencies, file: AlertFile): AlertDesk {
  const { store, clock, coolDownMs } = deps;
  let current = file;
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** Computes a change and stores it, anew as long as others change the alert meanwhile. */
  async function change(
    compute: (before: AlertFile) => Promise<Change | undefined>,
    deadline: Deadline,
  ): Promise<boolean> {
    for (let races = 0; ; races += 1) {
      const computed = await compute(current);
      if (computed === undefined) return false;
      try {
        current = await store.save({ before: current, ...computed }, deadline);
        if (computed.raises !== undefined) reportAlert(deps, computed.raises);
        return true;
      } catch (error) {
        if (!(error instanceof DeliveryRaced) || races + 1 >= MAX_RACES) throw error;
        const there = await store.load(current.alert.id);
        if (there === undefined) return false;
        current = there;
      }
    }
  }

  /** An alert with other deliveries, and what follows from them. */
  function withDeliveries({ alert }: AlertFile, deliveries: readonly Delivery[]): Change {
    const told_status = toldStatusOf(alert.is_planned, deliveries);
    return {
      after: { alert: { ...alert, told_status }, deliveries },
      undelivered: undeliveredOf(told_status, alert, deliveries, clock()),
    };
  }

  async function planned(
    before: AlertFile,
    channels: readonly string[],
    complete: boolean,
  ): Promise<Change | undefined> {
    const { alert, deliveries } = before;
    const isOld = clock() > Date.parse(alert.occurred_at) + GIVE_UP_AFTER_MS;
    const is_planned = complete || isOld;
    if (alert.told_status !== 'open' || alert.is_planned) return undefined;
    const known = new Set(deliveries.map(({ channel }) => channel));
    const added = channels.filter((name) => !known.has(name)).map((name) => newDelivery(name, clock()));
    const all = [...deliveries, ...added];
    if (alert.is_judged) return withDeliveries({ alert: { ...alert, is_planned }, deliveries }, all);
    const last = await store.coolDown(alert.dedupe_key);
    const verdict = judgeCoolDown(alert, last, coolDownMs, clock());
    const coolDown = { before: last, after: verdict.coolDown };
    if (!verdict.tell) {
      const heldBack = { ...alert, told_status: 'held_back' as const, is_judged: true, is_planned: true };
      return { after: { alert: heldBack, deliveries }, undelivered: 'ended', coolDown };
    }
    const judged = { ...alert, is_judged: true, is_planned, held_back_before: verdict.heldBackBefore };
    return { ...withDeliveries({ alert: judged, deliveries }, all), coolDown };
  }

  /** What the other channels are told of a delivery that failed; not what would only be counted. */
  async function raisedBy({ alert }: AlertFile, before: Delivery, after: Delivery): Promise<Pick<Change, 'raises'>> {
    const raises = channelTrouble(alert, before, after, { newId: deps.newId, nowMs: clock() });
    if (raises === undefined) return {};
    return isCoolingDown(raises, await store.coolDown(raises.dedupe_key), clock()) ? {} : { raises };
  }

  return {
    current: () => current,

    plan: (channels, complete, deadline) =>
      inTurn(async () => {
        await change((before) => planned(before, channels, complete), deadline);
      }),

    apply: (channel, event, deadline) =>
      inTurn(async () => {
        const changed = await change(async (before) => {
          const delivery = before.deliveries.find((candidate) => candidate.channel === channel);
          const next = delivery === undefined ? undefined : stepDelivery(delivery, event, clock());
          if (delivery === undefined || next === undefined) return undefined;
          const deliveries = before.deliveries.map((one) => (one.channel === channel ? next : one));
          return { ...withDeliveries(before, deliveries), ...(await raisedBy(before, delivery, next)) };
        }, deadline);
        return changed ? current.deliveries.find((delivery) => delivery.channel === channel) : undefined;
      }),
  };
}
