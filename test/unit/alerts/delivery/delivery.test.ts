import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backoffMs,
  type Delivery,
  type DeliveryEvent,
  GIVE_UP_AFTER_MS,
  LEASE_MS,
  newDelivery,
  stepDelivery,
} from '#shared/alerts/delivery/delivery.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { hasEnded, isDue } from '#shared/platform/delivery/delivery.ts';
import { TEST_NOW_MS as NOW } from '#test/support/fakes/fake-clock.ts';

const waiting = newDelivery('email', NOW);
const delivery = (change: Partial<Delivery>): Delivery => ({ ...waiting, ...change });
const sending = delivery({ status: 'sending', attempts: 2, next_attempt_at: isoTime(NOW + LEASE_MS), version: 4 });
const told = delivery({ status: 'delivered', next_attempt_at: null, ended_at: isoTime(NOW) });
const givenUp = delivery({ status: 'given_up', next_attempt_at: null, ended_at: isoTime(NOW) });

const failed = (change: Partial<Extract<DeliveryEvent, { type: 'failed' }>> = {}): DeliveryEvent => ({
  type: 'failed',
  attempt: 2,
  error: 'http_503',
  final: false,
  jitter: 0.5,
  ...change,
});
const held = (attempt?: number): DeliveryEvent => ({
  type: 'held',
  why: 'circuit_open',
  attempt,
  retryAfterMs: 20_000,
});
const LATE = NOW + GIVE_UP_AFTER_MS;

describe('a delivery', () => {
  it.each<[string, Delivery, DeliveryEvent, number, Partial<Delivery> | undefined]>([
    [
      'that is due is begun: stored with until when the call counts as lost',
      waiting,
      { type: 'begin' },
      NOW,
      { status: 'sending', attempts: 1, next_attempt_at: isoTime(NOW + LEASE_MS), version: 2 },
    ],
    [
      'that is not due is not begun',
      delivery({ next_attempt_at: isoTime(NOW + 1) }),
      { type: 'begin' },
      NOW,
      undefined,
    ],
    ['whose call is under way is not begun again', sending, { type: 'begin' }, NOW + LEASE_MS - 1, undefined],
    [
      'of whose call nothing was heard is begun again',
      sending,
      { type: 'begin' },
      NOW + LEASE_MS,
      { status: 'sending', attempts: 3, next_attempt_at: isoTime(NOW + 2 * LEASE_MS) },
    ],
    [
      'of whose calls nothing was heard for a day is given up',
      sending,
      { type: 'begin' },
      LATE + 1,
      { status: 'given_up' },
    ],
    [
      'that nobody had time for in a day is begun all the same',
      waiting,
      { type: 'begin' },
      LATE + 1,
      { status: 'sending', attempts: 1 },
    ],
    [
      'that arrived has ended',
      { ...sending, last_error: 'http_503' },
      { type: 'delivered', attempt: 2, latencyMs: 12.6 },
      NOW,
      { status: 'delivered', latency_ms: 13, ended_at: isoTime(NOW), next_attempt_at: null, last_error: null },
    ],
    [
      'is not ended by a call that was taken for lost',
      { ...sending, attempts: 3 },
      { type: 'delivered', attempt: 2, latencyMs: 1 },
      NOW,
      undefined,
    ],
    [
      'that failed is tried again after its wait',
      sending,
      failed(),
      NOW,
      {
        status: 'waiting',
        attempts: 2,
        next_attempt_at: isoTime(NOW + 22_500),
        last_error: 'http_503',
        ended_at: null,
      },
    ],
    ['is not put off by a call that was taken for lost', sending, failed({ attempt: 1 }), NOW, undefined],
    [
      'that failed for good is given up at once',
      sending,
      failed({ final: true, error: 'gone' }),
      NOW,
      { status: 'given_up', last_error: 'gone', ended_at: isoTime(NOW), next_attempt_at: null },
    ],
    [
      'that would be tried again after a day is given up',
      sending,
      failed(),
      LATE - 1_000,
      { status: 'given_up', last_error: 'http_503' },
    ],
    [
      'that its circuit holds up waits, and has used no attempt',
      waiting,
      held(),
      NOW,
      { status: 'waiting', attempts: 0, next_attempt_at: isoTime(NOW + 20_000), last_error: 'circuit_open' },
    ],
    [
      'that its circuit refused once it was begun gets its attempt back',
      sending,
      held(2),
      NOW,
      { status: 'waiting', attempts: 1, next_attempt_at: isoTime(NOW + 20_000) },
    ],
    ['whose call is under way is not held up by another run', sending, held(), NOW, undefined],
    ['is not held up for more than a day', waiting, held(), LATE, { status: 'given_up', last_error: 'circuit_open' }],
    [
      'to a channel that was taken away has ended',
      waiting,
      { type: 'removed' },
      NOW,
      { status: 'given_up', last_error: 'channel_removed' },
    ],
  ])('%s', (_what, before, event, nowMs, after) => {
    const next = stepDelivery(before, event, nowMs);
    if (after === undefined) expect(next).toBeUndefined();
    else expect(next).toMatchObject({ ...after, version: before.version + 1 });
  });

  it.each([told, givenUp])('that has ended as $status stays as it is, whatever happens', (ended) => {
    const events: DeliveryEvent[] = [
      { type: 'begin' },
      { type: 'delivered', attempt: 0, latencyMs: 1 },
      failed({ attempt: 0 }),
      held(),
      held(0),
      { type: 'removed' },
    ];
    for (const event of events) expect(stepDelivery(ended, event, LATE * 2)).toBeUndefined();
  });

  it('ends within a day and a wait whatever happens, by no more calls than its waits allow', () => {
    const step = fc.record({
      jitter: fc.double({ min: 0, max: 0.999, noNaN: true }),
      what: fc.constantFrom('fails', 'vanishes', 'is held up'),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 300, maxLength: 300 }), (steps) => {
        let current = newDelivery('email', NOW);
        let nowMs = NOW;
        let calls = 0;
        for (let index = 0; !hasEnded(current); index += 1) {
          const { jitter, what } = steps[index % steps.length] ?? { jitter: 0, what: 'fails' };
          nowMs = Math.max(nowMs, Date.parse(current.next_attempt_at ?? ''));
          expect(isDue(current, nowMs)).toBe(true);
          const begun = stepDelivery(current, what === 'is held up' ? held() : { type: 'begin' }, nowMs);
          if (begun === undefined) throw new Error('What is due can be begun or held up');
          current = begun;
          if (what === 'fails' && current.status === 'sending') {
            calls += 1;
            current = stepDelivery(current, failed({ attempt: current.attempts, jitter }), nowMs + 10) ?? current;
          }
        }
        expect(nowMs - NOW).toBeLessThanOrEqual(GIVE_UP_AFTER_MS + LEASE_MS);
        expect(calls).toBeLessThan(120);
      }),
      { numRuns: 50, seed: 20_261_122 },
    );
  });
});

describe('the wait', () => {
  it.each([
    [1, 7_500, 15_000],
    [2, 15_000, 30_000],
    [3, 30_000, 60_000],
    [7, 480_000, 960_000],
    [8, 900_000, 1_800_000],
    [50, 900_000, 1_800_000],
  ])('after attempt %i is from %i to %i ms', (attempts, least, most) => {
    expect(backoffMs(attempts, 0)).toBe(least);
    expect(backoffMs(attempts, 1 - Number.EPSILON)).toBe(most);
  });
});
