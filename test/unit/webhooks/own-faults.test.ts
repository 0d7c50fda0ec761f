import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/webhook-sender/handler.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { createWebhookBench, RETRY_SECONDS } from '#test/support/fakes/webhook-bench.ts';

const MINUTE_MS = 60_000;
const SCHEDULED = { source: 'aws.scheduler' };
const taken = async () => ({ status: 204, excerpt: '' });

async function openDelivery() {
  const bench = createWebhookBench();
  await bench.endpoint({ url: 'http://127.0.0.1:1/' });
  bench.notice();
  await bench.plan();
  return bench;
}

describe('a fault of Haven itself', () => {
  it('uses up no attempt, is logged each time, and the delivery is made once it is mended', async () => {
    const bench = await openDelivery();
    const broken = createHandler({
      ...bench.depsOf(undefined, taken),
      readNotifyKey: async () => {
        throw new Error('The secret can not be read');
      },
    });
    for (let minutes = 0; minutes < 100; minutes += 1) {
      await broken(SCHEDULED, lambdaContext(60_000));
      bench.clock.advance(MINUTE_MS);
    }
    expect(bench.deliveries()).toMatchObject([{ status: 'waiting', attempts: 0, last_error: 'internal_error' }]);
    expect(bench.metrics.counts()).toHaveProperty('WebhookEndpointNotWorked');
    bench.clock.advance(2 * MINUTE_MS);
    await bench.send(undefined, taken);
    expect(bench.deliveries()).toMatchObject([{ status: 'delivered', attempts: 1 }]);
  });

  it('that kills whoever calls has the next attempt wait by the schedule, as if it had failed', async () => {
    const bench = await openDelivery();
    let calls = 0;
    // Nothing is heard of the process once it has called.
    let isDead = false;
    const killed = async () => {
      calls += 1;
      isDead = true;
      return { status: 204, excerpt: '' };
    };
    const totalSeconds = RETRY_SECONDS.reduce((sum, seconds) => sum + seconds, 0);
    const startMs = bench.clock.now();
    while (bench.deliveries()[0]?.status !== 'given_up' && bench.clock.now() < startMs + 4 * totalSeconds * 1_000) {
      isDead = false;
      await bench.send((_request, answer) => (isDead ? new Error('killed') : answer()), killed).catch(() => undefined);
      bench.clock.advance(MINUTE_MS);
    }
    expect(bench.deliveries()).toMatchObject([{ status: 'given_up', attempts: RETRY_SECONDS.length + 1 }]);
    expect(calls).toBe(RETRY_SECONDS.length + 1);
    expect(bench.clock.now() - startMs).toBeGreaterThanOrEqual(0.9 * totalSeconds * 1_000);
  });
});
