import * as z from 'zod';
import { type Delivery, deliverySchema } from '#shared/alerts/delivery/delivery.ts';
import { OutboundFailure, type OutboundPost } from '#shared/platform/http/outbound-post.ts';
import { createAlertBench, failure, SCHEDULED } from '../fakes/alert-bench.ts';
import { lambdaContext } from '../fakes/api-request.ts';
import { createMailBench, failing } from '../fakes/mail-bench.ts';
import { plainItem } from '../fakes/memory-dynamo.ts';
import { createMonitorBench, fakeCheck, raisedCondition } from '../fakes/monitor-bench.ts';
import { orderId } from '../fakes/orders.ts';
import { createWebhookBench } from '../fakes/webhook-bench.ts';
import type { WorkFigures } from './chaos-figures.ts';
import type { ChaosWork } from './chaos-run.ts';

/** Of a hundred calls to whoever is told, so many fail. */
const CALLS_THAT_FAIL = 10;
/** The one that is refused however often it is tried: what is given up must be told of too. */
const REFUSED = 100;
/** What is asked at a time. */
const AT_A_TIME = 8;
const CONTEXT_MS = 60_000;

type Random = () => number;

const fails = (random: Random) => random() * 100 < CALLS_THAT_FAIL;

/** What deliveries came to, and how many of those that were given up somebody was told of. */
function figuresOf(asked: number, deliveries: readonly Attempted[], toldOf: number): WorkFigures {
  const delivered = deliveries.filter(({ status }) => status === 'delivered');
  const atOnce = delivered.filter(({ attempts }) => attempts === 1).length;
  const ended = delivered.length + deliveries.filter(({ status }) => status === 'given_up').length;
  return { asked, atOnce, onRetry: delivered.length - atOnce, toldOf, open: asked - ended };
}

type Attempted = Pick<Delivery, 'status' | 'attempts'>;

/** Alerts, to three channels each. An alert that a channel refuses for a day is told of to the others. */
export function alertWork(random: Random): ChaosWork {
  const bench = createAlertBench();
  const channels = ['email', 'webhook:pager', 'webhook:chat'].map((name) => bench.channel(name));
  bench.configure(channels);
  for (const channel of channels) {
    channel.onCall(async ({ alert }) => {
      const isRefused = channel.name === 'webhook:chat' && alert.details['refused'] === true;
      if (isRefused) throw failure({ reason: 'http_400', unwell: false });
      if (fails(random)) throw failure();
    });
  }
  let recorded = 0;
  const rows = () => bench.dynamo.items('logs').map((item) => plainItem(item));
  return {
    clock: bench.clock,
    ask() {
      for (let count = 0; count < AT_A_TIME; count += 1) {
        recorded += 1;
        bench.record({
          id: `alr_${String(recorded).padStart(26, '0')}`,
          dedupe_key: `thing-${recorded}`,
          details: { refused: recorded === REFUSED },
        });
      }
    },
    jobs: { 'alert-notifier': (network) => bench.notifier(network)(SCHEDULED, lambdaContext(CONTEXT_MS)) },
    figures() {
      const all = rows();
      const deliveries = all
        .filter(({ sk }) => String(sk).startsWith('DELIVERY#'))
        .map((row) => ({ ...deliverySchema.parse(row), alert_id: String(row['pk']).slice('ALERT#'.length) }));
      const troubles = all.flatMap((row) => troubleSchema.safeParse(row).data ?? []);
      const toldOf = deliveries.filter(
        ({ status, channel, alert_id }) =>
          status === 'given_up' &&
          troubles.some(({ severity, details }) => isAbout(details, alert_id, channel) && severity !== 'WARNING'),
      );
      // Of an alert about a channel that is in trouble, which the others are told of, only what was begun is known here.
      const asked = recorded * channels.length + deliveries.filter(({ alert_id }) => !isOurs(alert_id)).length;
      return figuresOf(asked, deliveries, toldOf.length);
    },
  };
}

const troubleSchema = z.object({
  sk: z.literal('ALERT'),
  severity: z.string(),
  details: z.object({ channel: z.string(), alert_id: z.string() }),
});
const isAbout = (details: { readonly channel: string; readonly alert_id: string }, alertId: string, channel: string) =>
  details.alert_id === alertId && details.channel === channel;
/** The bench numbers its own from the other end. */
const isOurs = (alertId: string) => alertId.startsWith('alr_0');

/** Events of orders, to two endpoints of integrators each; made into deliveries by one job and delivered by another. */
export async function webhookWork(random: Random): Promise<ChaosWork> {
  const bench = createWebhookBench();
  const urls = ['https://one.example/', 'https://two.example/'];
  for (const url of urls) await bench.endpoint({ url });
  const post: OutboundPost = async () => {
    if (!fails(random)) return { status: 204, excerpt: '' };
    if (random() < 0.5) return { status: 503, excerpt: 'not now' };
    throw new OutboundFailure('cut_off', 'The connection ended before the answer did');
  };
  let events = 0;
  return {
    clock: bench.clock,
    ask() {
      for (let count = 0; count < AT_A_TIME; count += 1) bench.notice();
      events += AT_A_TIME;
    },
    jobs: {
      'webhook-dispatcher': (network) => bench.plan(network),
      'webhook-sender': (network) => bench.send(network, post),
    },
    figures() {
      // What an integrator did not take by the end of the schedule is listed as failed, and counted for an alarm.
      const deliveries = bench.deliveries();
      const failed = deliveries.filter(({ status }) => status === 'given_up').length;
      return figuresOf(urls.length * events, deliveries, Math.min(failed, bench.metrics.counts().WebhookGivenUp ?? 0));
    },
  };
}

/** Mails to customers, of which some are refused for as long as they are tried: an alert tells of each. */
export function mailWork(random: Random): ChaosWork {
  const bench = createMailBench();
  let refused: string | undefined;
  const ids: string[] = [];
  bench.onSend(async ({ subject }) => {
    if (refused !== undefined && subject.includes(refused)) await failing(400, 'MessageRejected')();
    if (fails(random)) await failing(500, 'InternalFailure')();
  });
  return {
    clock: bench.clock,
    ask() {
      for (let count = 0; count < AT_A_TIME; count += 1) {
        const id = orderId(ids.length + 1);
        ids.push(id);
        if (ids.length === REFUSED) refused = id;
        bench.notify(bench.putOrder({ id, status: 'paid' }), 'order.paid');
      }
    },
    jobs: { 'customer-mailer': (network) => bench.mailer(network)(SCHEDULED, lambdaContext(CONTEXT_MS)) },
    figures() {
      const mails = ids.flatMap((id) => bench.mailsOf(id).map((mail) => ({ ...mail, order_id: id })));
      const told = new Set(
        bench
          .alerts()
          .flatMap(
            (row) =>
              z.object({ details: z.object({ order_id: z.string() }) }).safeParse(row).data?.details.order_id ?? [],
          ),
      );
      const toldOf = mails.filter(({ status, order_id }) => status === 'given_up' && told.has(order_id));
      return figuresOf(ids.length, mails, toldOf.length);
    },
  };
}

/** So many minutes each condition lasts. */
const LASTING = 10;

/** Conditions that open and are resolved, each with a notice of both. */
export function monitorWork(random: Random): ChaosWork {
  const check = fakeCheck('things');
  const bench = createMonitorBench([check]);
  /** When each look began. */
  const looksMs: number[] = [];
  const raisedAt: number[] = [];
  const keyOf = (number: number) => `things:${number}`;
  const look = () => {
    const raised = raisedAt.flatMap((at, number) =>
      looksMs.length - at < LASTING ? [raisedCondition({ key: keyOf(number) })] : [],
    );
    check.finds(fails(random) ? new Error('The facts are not to be had') : raised);
    looksMs.push(bench.clock.now());
  };
  return {
    clock: bench.clock,
    ask() {
      // One look tells of twenty at most.
      raisedAt.push(looksMs.length, looksMs.length);
    },
    jobs: {
      monitor(network) {
        look();
        return bench.monitor(network).run();
      },
    },
    figures() {
      const told = bench.alerts().flatMap((row) => noticeSchema.safeParse(row).data ?? []);
      const notices = raisedAt.flatMap((at, number) =>
        [['opened', at] as const, ['resolved', at + LASTING] as const].map(([notice, dueAt]) => {
          const found = told.filter(({ details }) => details.condition === keyOf(number) && details.notice === notice);
          const [first, ...again] = found;
          if (again.length > 0) throw new Error(`${keyOf(number)} was ${notice} more than once`);
          if (first === undefined) return { status: 'waiting' as const, attempts: 0 };
          const isLate = Date.parse(first.occurred_at) > (looksMs[dueAt] ?? Number.NaN);
          return { status: 'delivered' as const, attempts: isLate ? 2 : 1 };
        }),
      );
      return figuresOf(notices.length, notices, 0);
    },
  };
}

const noticeSchema = z.object({
  occurred_at: z.string(),
  details: z.object({ condition: z.string(), notice: z.string() }),
});
