import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  dueMail,
  GIVE_UP_AFTER_MS,
  LEASE_MS,
  nextDueAt,
  type OrderMails,
  stepMail,
  withNotices,
  withoutOvertaken,
} from '#shared/mails/order-mails.ts';
import type { Order } from '#shared/orders/order.ts';
import type { OrderEvent } from '#shared/orders/transitions.ts';
import { hasEnded } from '#shared/platform/delivery/delivery.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { orderId, testOrder } from '#test/support/fakes/orders.ts';

const EVENTS: readonly (readonly [OrderEvent, Pick<Order, 'status' | 'flags'>])[] = [
  ['order.partially_paid', { status: 'awaiting_payment', flags: ['partially_paid'] }],
  ['order.confirming', { status: 'confirming', flags: [] }],
  ['order.payment_lost', { status: 'awaiting_payment', flags: [] }],
  ['order.paid', { status: 'paid', flags: [] }],
  ['order.fulfilled', { status: 'fulfilled', flags: [] }],
  ['order.expired', { status: 'expired', flags: [] }],
  ['order.paid_late', { status: 'expired', flags: ['paid_late'] }],
  ['order.cancelled', { status: 'cancelled', flags: [] }],
  ['order.refunded', { status: 'refunded', flags: [] }],
];

/** What happens next: the order changes, a run sends, fails, or ends within its call; and how long it takes. */
const moves = fc.array(
  fc.record({
    event: fc.option(fc.constantFrom(...EVENTS), { nil: undefined, freq: 2 }),
    run: fc.constantFrom('sent', 'failed', 'killed', 'none'),
    waitMs: fc.constantFrom(0, 1_000, 40_000, LEASE_MS, 3_600_000),
  }),
  { maxLength: 25 },
);

it('mails of an order, whatever happens: never two at once, never an older one after a newer one, and all of them end', () => {
  fc.assert(
    fc.property(moves, (history) => {
      const id = orderId(1);
      let nowMs = TEST_NOW_MS;
      let order: Pick<Order, 'status' | 'flags' | 'version'> = testOrder();
      let events = 0;
      const sentVersions: number[] = [];
      const notice = (event: OrderEvent) => {
        events += 1;
        const eventId = `evt_${String(events).padStart(26, '0')}`;
        return {
          id: eventId,
          order_id: id,
          event,
          audience: 'customer' as const,
          order_version: order.version,
          created_at: '',
        };
      };
      let file: OrderMails = withNotices(undefined, id, [notice('order.created')], nowMs);

      function run(outcome: 'sent' | 'failed' | 'killed') {
        file = withoutOvertaken(file, order, nowMs);
        const due = dueMail(file, nowMs);
        if (due === undefined) return;
        file = stepMail(file, due.id, { type: 'begin' }, nowMs) ?? file;
        const begun = file.mails.find((mail) => mail.id === due.id);
        if (begun?.status !== 'sending') return;
        expect(file.mails.filter(({ status }) => status === 'sending')).toEqual([begun]);
        const attempt = begun.attempts;
        if (outcome === 'killed') return;
        if (outcome === 'sent') sentVersions.push(begun.order_version);
        const step =
          outcome === 'sent'
            ? ({ type: 'delivered', attempt, latencyMs: 1 } as const)
            : ({ type: 'failed', attempt, error: 'ses_x', final: false, jitter: 0.5 } as const);
        file = stepMail(file, due.id, step, nowMs) ?? file;
      }

      for (const { event, run: outcome, waitMs } of history) {
        if (event !== undefined) {
          order = { ...event[1], version: order.version + 1 };
          file = withNotices(file, id, [notice(event[0])], nowMs);
        }
        if (outcome !== 'none') run(outcome);
        nowMs += waitMs;
      }
      for (let runs = 0; nextDueAt(file) !== undefined; runs += 1) {
        expect(runs).toBeLessThan(200);
        nowMs = Math.max(nowMs, Date.parse(nextDueAt(file) ?? ''));
        run(runs % 2 === 0 ? 'failed' : 'killed');
      }
      expect(file.mails.every(hasEnded)).toBe(true);
      expect(sentVersions).toEqual(sentVersions.toSorted((a, b) => a - b));
      expect(nowMs).toBeLessThanOrEqual(
        TEST_NOW_MS + history.reduce((sum, { waitMs }) => sum + waitMs, 0) + GIVE_UP_AFTER_MS + LEASE_MS,
      );
    }),
    { numRuns: 500 },
  );
});
