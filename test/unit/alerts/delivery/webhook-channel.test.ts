import { describe, expect, it } from 'vitest';
import { createWebhookChannel } from '#shared/alerts/delivery/webhook-channel.ts';
import { alertId, createAlertBench } from '#test/support/fakes/alert-bench.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const ALERTS = 20;
/** Calls to one channel at once: those are under way when the first is answered. */
const AT_ONCE = 4;

/** Many alerts for a webhook that answers so, as soon as as many calls as are made at once have come. */
function answeringBench(status: number, retryAfter: string | undefined) {
  const bench = createAlertBench();
  const underWay = Promise.withResolvers<void>();
  let calls = 0;
  const post = async () => {
    calls += 1;
    if (calls === AT_ONCE) underWay.resolve();
    await underWay.promise;
    return { status, excerpt: '', retryAfter };
  };
  const parts = { post, breakers: bench.breakers, clock: bench.clock.now };
  bench.configure([createWebhookChannel(parts, { name: 'hook', url: 'https://hooks.example', secrets: [SECRET] })]);
  for (let number = 0; number < ALERTS; number += 1) {
    bench.record({ id: alertId(number), dedupe_key: `thing-${number}` });
  }
  return { ...bench, calls: () => calls };
}

describe('a webhook that has many to be told of', () => {
  it.each([
    { status: 429, retryAfter: undefined },
    { status: 503, retryAfter: '120' },
    { status: 503, retryAfter: 'Sun, 22 Nov 2026 23:00:00 GMT' },
    { status: 404, retryAfter: '120' },
    { status: 302, retryAfter: '0' },
  ])(
    'and answers $status with Retry-After $retryAfter is left alone for the rest of the run',
    async ({ status, retryAfter }) => {
      const bench = answeringBench(status, retryAfter);
      await bench.run();
      expect(bench.calls()).toBe(AT_ONCE);
      expect(bench.undelivered()).toHaveLength(ALERTS);
    },
  );

  it.each([
    { status: 404, retryAfter: undefined },
    { status: 404, retryAfter: 'soon' },
  ])('and answers $status with Retry-After $retryAfter is called for each', async ({ status, retryAfter }) => {
    const bench = answeringBench(status, retryAfter);
    await bench.run();
    expect(bench.calls()).toBe(ALERTS);
  });

  it('is not called again for an alert before it wants to be', async () => {
    const bench = answeringBench(503, '120');
    await bench.run();
    const firstDue = (id: string) => bench.delivery(id, 'webhook:hook')['next_attempt_at'];
    const at = new Date(bench.clock.now() + 120_000).toISOString();
    expect(Array.from({ length: AT_ONCE }, (_, number) => firstDue(alertId(number)))).toEqual(Array(AT_ONCE).fill(at));
  });
});
