import { createHandler } from '#functions/alert-notifier/handler.ts';
import type { Alert } from '#shared/alerts/alert.ts';
import { alertItem } from '#shared/alerts/alert-row.ts';
import { type Routing, TELL_ALL } from '#shared/alerts/channels/routing.ts';
import type { AlertNotice } from '#shared/alerts/delivery/alert-message.ts';
import { type AlertChannel, type AlertChannels, DeliveryFailed } from '#shared/alerts/delivery/channel.ts';
import type { DeliverAlertsDependencies } from '#shared/alerts/delivery/deliver-alerts.ts';
import { createDeliveryStore } from '#shared/alerts/delivery/delivery-store.ts';
import { type Breakers, createBreakers, createLocalBreakerStore } from '#shared/platform/breaker/breaker.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { lambdaContext } from './api-request.ts';
import { createFakeClock, TEST_NOW_MS } from './fake-clock.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';

/** What the schedule sends. */
export const SCHEDULED = { version: '0', source: 'aws.scheduler', 'detail-type': 'Scheduled Event', detail: {} };

/** An alert. */
export function testAlert(change: Partial<Alert> = {}): Alert {
  return {
    id: 'alr_01JD8Q4X7M5N2V9C3R6T0W1YZA',
    severity: 'CRITICAL',
    category: 'key_access',
    summary: 'The export of a key was requested',
    details: { wallet_id: 'wal_1' },
    dedupe_key: 'thing-1',
    occurred_at: isoTime(TEST_NOW_MS),
    ...change,
  };
}

/** An id of an alert by its number; in the order of the numbers. */
export const alertId = (number: number) => `alr_${String(number).padStart(26, '0')}`;

/** A failure of a channel that is unwell, or another one. */
export const failure = (change: Partial<DeliveryFailed> = {}) =>
  new DeliveryFailed({ reason: 'http_503', unwell: true, final: false, silent: false, ...change });

/** What a channel does that fails every call. */
export const failing = (change?: Partial<DeliveryFailed>) => async () => {
  throw failure(change);
};

/** A channel that a test drives. */
export interface FakeChannel extends AlertChannel {
  /** Alerts that it was called for, in order, whatever came of it. */
  readonly calls: readonly string[];
  readonly notices: readonly AlertNotice[];
  /** What a call comes to from now on; by default it arrives. */
  onCall(act: (notice: AlertNotice, deadline: Deadline) => Promise<void>): void;
}

/** Says what the network does with a request to the tables; undefined: what tables do. */
export type Network = (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error;

/** Alerts in a table in memory, and the function that tells them. */
export function createAlertBench(options: { readonly coolDownMs?: number } = {}) {
  const dynamo = createMemoryDynamo({ logs: ['pk', 'sk'] });
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const parts = { clock: clock.now, log: log.log, metrics: metrics.metrics };
  let probes = 0;
  let ids = 0;
  const breakers: Breakers = createBreakers({
    ...parts,
    store: createLocalBreakerStore(),
    policy: DEFAULT_POLICY,
    newProbeId: () => {
      probes += 1;
      return `probe-${probes}`;
    },
  });
  let onLook: () => void = () => undefined;
  let configured: AlertChannels = { channels: [], complete: true };

  /** The function by a network of its own. */
  function notifier(network: Network = (_request, answer) => answer()) {
    const client = scriptedDocumentClient(
      createScriptedAws((request) => network(request, () => dynamo.answer(request))),
    );
    const deps: DeliverAlertsDependencies = {
      ...parts,
      store: createDeliveryStore(client, 'logs'),
      channels: async () => {
        onLook();
        return configured;
      },
      coolDownMs: options.coolDownMs ?? 0,
      stage: 'test',
      runbookUrl: 'https://runbook.example/runbook.md',
      newId: (prefix) => {
        ids += 1;
        return `${prefix}_${String(ids).padStart(26, 'Z')}`;
      },
      random: () => 0.5,
    };
    return createHandler(deps);
  }

  const rows = (alertId: string) =>
    dynamo
      .items('logs')
      .map((item) => plainItem(item))
      .filter(({ pk }) => pk === `ALERT#${alertId}`);

  return {
    dynamo,
    clock,
    log,
    metrics,
    breakers,
    notifier,
    /** Makes a channel, which is not configured by that. */
    channel(name: string, routing: Routing = TELL_ALL): FakeChannel {
      const notices: AlertNotice[] = [];
      let act: (notice: AlertNotice, deadline: Deadline) => Promise<void> = async () => undefined;
      return {
        name,
        routing,
        breaker: breakers.of((name.includes(':') ? name : `ses:${name}`).toLowerCase()),
        notices,
        get calls() {
          return notices.map(({ alert }) => alert.id);
        },
        async send(notice, deadline) {
          notices.push(notice);
          await act(notice, deadline);
        },
        onCall(next) {
          act = next;
        },
      };
    },
    /** Configures channels, all that there are unless said otherwise; or listens to who asks for them. */
    configure(channels: readonly AlertChannel[] | (() => void), complete = true) {
      if (typeof channels === 'function') onLook = channels;
      else configured = { channels, complete };
    },
    /** Puts an alert as whoever records it does. */
    record(change: Partial<Alert> = {}): Alert {
      const alert = testAlert({ occurred_at: isoTime(clock.now()), ...change });
      dynamo.put('logs', alertItem(alert));
      return alert;
    },
    /** Runs the function as its schedule does. */
    run: (remainingMs = 60_000) => notifier()(SCHEDULED, lambdaContext(remainingMs)),
    /** Runs it as the stream of the table does. */
    wake: (ids: readonly string[], remainingMs = 60_000) =>
      notifier()(
        {
          Records: ids.map((id) => ({
            eventName: 'INSERT',
            dynamodb: { Keys: { pk: { S: `ALERT#${id}` }, sk: { S: 'ALERT' } } },
          })),
        },
        lambdaContext(remainingMs),
      ),
    /** The row of an alert. */
    alertRow: (alertId: string) => rows(alertId).find(({ sk }) => sk === 'ALERT') ?? {},
    /** The row of a delivery. */
    delivery: (alertId: string, channel: string) => rows(alertId).find(({ sk }) => sk === `DELIVERY#${channel}`) ?? {},
    /** Ids of all alerts that are still in the index of what is undelivered. */
    undelivered: () =>
      dynamo
        .items('logs')
        .map((item) => plainItem(item))
        .filter(({ gsi2pk }) => gsi2pk !== undefined)
        .map(({ id }) => String(id))
        .sort(),
  };
}

/** The same with a channel of mails and one of a webhook, both configured. */
export function tellingBench(options?: Parameters<typeof createAlertBench>[0]) {
  const bench = createAlertBench(options);
  const email = bench.channel('email');
  const pager = bench.channel('webhook:pager');
  bench.configure([email, pager]);
  return { ...bench, email, pager };
}
