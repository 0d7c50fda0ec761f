import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import {
  newWebhookDelivery,
  schedulePolicy,
  stepWebhookDelivery,
  type WebhookStep,
} from '#shared/webhooks/delivery.ts';
import { retrySecondsSchema } from '#shared/webhooks/webhook-settings.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const DAY_MS = 24 * 60 * 60_000;
const EVENT = {
  id: 'evt_01JD8Q4X7M5N2V9C3R6T0W1YZA',
  type: 'order.paid',
  created_at: isoTime(TEST_NOW_MS),
  body: '{}',
};

/** What becomes of attempts: each fails, with what chance says then, or nobody hears of it again. */
const attempts = (count: number) =>
  fc.array(fc.option(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { nil: undefined, freq: 4 }), {
    minLength: count,
    maxLength: count,
  });

it('what is never taken is tried at every wait of the schedule and given up after about three days, whatever chance says', () => {
  const retrySeconds = retrySecondsSchema.parse(undefined);
  const policy = schedulePolicy(retrySeconds);
  const wholeMs = retrySeconds.reduce((sum, seconds) => sum + seconds * 1_000, 0);
  fc.assert(
    fc.property(attempts(retrySeconds.length + 1), (ends) => {
      let delivery = newWebhookDelivery(EVENT, 'whe_1', TEST_NOW_MS);
      let nowMs = TEST_NOW_MS;
      let waitedMs = 0;
      const step = (what: WebhookStep) => {
        const after = stepWebhookDelivery(policy, delivery, what, nowMs);
        expect(after).toBeDefined();
        delivery = after ?? delivery;
      };
      for (const [index, end] of ends.entries()) {
        const { next_attempt_at } = delivery;
        waitedMs += Date.parse(next_attempt_at ?? '') - nowMs;
        nowMs = Date.parse(next_attempt_at ?? '');
        step({ type: 'begin' });
        expect(delivery.attempts).toBe(index + 1);
        if (end === undefined) continue;
        step({ type: 'failed', attempt: index + 1, error: 'http_500', final: false, jitter: end });
      }
      if (delivery.status === 'sending') {
        // Of the last one nobody heard: whoever looks when it counts as lost gives it up.
        nowMs = Date.parse(delivery.next_attempt_at ?? '');
        step({ type: 'begin' });
      }
      expect(delivery).toMatchObject({ status: 'given_up', attempts: retrySeconds.length + 1, next_attempt_at: null });
      expect(waitedMs).toBeGreaterThanOrEqual(0.9 * wholeMs);
      // A lost call waits for half a minute at least, which is more than the first wait of five seconds.
      expect(waitedMs).toBeLessThanOrEqual(wholeMs + 30_000);
      expect(waitedMs / DAY_MS).toBeGreaterThan(2.8);
      expect(waitedMs / DAY_MS).toBeLessThan(3.2);
    }),
  );
});
