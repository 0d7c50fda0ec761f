import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { redeliverOne, redeliverRange, sendTest } from '#shared/webhooks/send-again.ts';
import { createWebhookBench, killedAt, RETRY_SECONDS } from '#test/support/fakes/webhook-bench.ts';
import { type ReceiverAnswer, startWebhookReceiver } from '#test/support/webhook-receiver.ts';

async function receiver(answer?: (call: number) => ReceiverAnswer) {
  const started = await startWebhookReceiver(answer);
  onTestFinished(() => started.close());
  return started;
}

const bodySchema = z.object({ type: z.string(), timestamp: z.string(), data: z.record(z.string(), z.unknown()) });

describe('on request', () => {
  it('a test event is sent, whatever the endpoint subscribes to', async () => {
    const bench = createWebhookBench();
    const { url, calls } = await receiver();
    const { id } = await bench.endpoint({ url, events: ['order.refunded'] });
    const delivery = await sendTest(bench.deps, id, bench.context());
    expect(delivery).toMatchObject({ event_type: 'webhook.test', status: 'pending' });
    await bench.send();
    expect(calls.map(({ body }) => bodySchema.parse(JSON.parse(body)))).toMatchObject([
      { type: 'webhook.test', data: { endpoint_id: id } },
    ]);
  });

  it('a delivery is made again under the same id, but not while it is open', async () => {
    const bench = createWebhookBench();
    const { url, calls } = await receiver();
    const { id } = await bench.endpoint({ url });
    const { id: deliveryId } = await sendTest(bench.deps, id, bench.context());
    await expect(redeliverOne(bench.deps, deliveryId, bench.context())).rejects.toMatchObject({
      code: 'INVALID_TRANSITION',
    });
    await bench.send();
    await redeliverOne(bench.deps, deliveryId, bench.context());
    await bench.send();
    expect(calls).toHaveLength(2);
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('what failed in a time is sent again, page after page, each once, though whoever does it is cut off', async () => {
    const bench = createWebhookBench();
    let status = 404;
    const { url, calls } = await receiver(() => ({ status }));
    const { id } = await bench.endpoint({ url });
    const since = new Date(bench.clock.now()).toISOString();
    for (let count = 0; count < 70; count += 1) bench.notice();
    await bench.plan();
    for (const seconds of [0, ...RETRY_SECONDS]) {
      bench.clock.advance(seconds * 1_000);
      await bench.send();
    }
    expect(bench.deliveries().filter(({ status: stands }) => stands === 'given_up')).toHaveLength(70);
    bench.clock.advance(1_000);
    const job = await redeliverRange(bench.deps, id, { since, until: undefined, status: 'failed' }, bench.context());
    expect(job).toMatchObject({ status: 'failed', redelivered: 0 });
    await expect(
      redeliverRange(bench.deps, id, { since, until: undefined, status: 'failed' }, bench.context()),
    ).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    status = 204;
    const before = calls.length;
    let requests = 0;
    await bench.send((_request, answer) => {
      requests += 1;
      return requests > 30 ? new Error('cut off') : answer();
    });
    bench.clock.advance(120_000);
    await bench.send();
    expect(new Set(calls.slice(before).map(({ headers }) => headers['webhook-id'])).size).toBe(70);
    expect(bench.deliveries().every(({ status: stands }) => stands === 'delivered')).toBe(true);
    expect(bench.standing(id).redelivery).toBeNull();
  });
});

describe('cut off at any access', () => {
  it('an event is delivered at least once, under one id, and never lost', async () => {
    for (let cut = 0; cut < 32; cut += 1) {
      for (const side of ['before', 'after'] as const) {
        const bench = createWebhookBench();
        const taken: string[] = [];
        const post = async ({ headers }: { readonly headers: Readonly<Record<string, string>> }) => {
          taken.push(headers['webhook-id'] ?? '');
          return { status: 200, excerpt: '' };
        };
        await bench.endpoint({ url: 'http://127.0.0.1:1/' });
        const id = bench.notice();
        const dying = killedAt(cut, side);
        await bench.plan(dying).catch(() => undefined);
        await bench.send(dying, post).catch(() => undefined);
        // Nobody hears of that process again.
        for (let round = 0; round < 3; round += 1) {
          bench.clock.advance(100_000);
          await bench.plan();
          await bench.send(undefined, post);
        }
        expect([cut, side, new Set(taken)]).toEqual([cut, side, new Set([id])]);
        expect(bench.deliveries()).toMatchObject([{ status: 'delivered' }]);
        expect(bench.notices()).toEqual([]);
      }
    }
  });
});
