import { describe, expect, it } from 'vitest';
import { createWebhookBench, killedAt, RETRY_SECONDS } from '#test/support/fakes/webhook-bench.ts';

const answers = (status: number) => async () => ({ status, excerpt: '' });

/** A bench whose open deliveries have one attempt left, which is due. */
async function beforeLastAttempt(events: number) {
  const bench = createWebhookBench();
  const { id } = await bench.endpoint({ url: 'http://127.0.0.1:1/' });
  for (let count = 0; count < events; count += 1) bench.notice();
  await bench.plan();
  for (const seconds of RETRY_SECONDS) {
    await bench.send(undefined, answers(400));
    bench.clock.advance(seconds * 1_000);
  }
  return { bench, id };
}

describe('a delivery to an integrator that is given up', () => {
  it('is told to operators, with what it was, in the write that ends it', async () => {
    const { bench, id } = await beforeLastAttempt(1);
    expect(bench.rows('logs')).toEqual([]);
    await bench.send(undefined, answers(400));
    const [delivery] = bench.deliveries();
    expect(delivery).toMatchObject({ status: 'given_up', last_error: 'http_400' });
    expect(bench.rows('logs')).toMatchObject([
      {
        severity: 'ERROR',
        category: 'circuit_open',
        dedupe_key: `${id}#given-up`,
        details: { endpoint_id: id, delivery_id: delivery?.id, event_type: 'order.paid', reason: 'http_400' },
      },
    ]);
    expect(bench.metrics.counts()).toMatchObject({ WebhookGivenUp: 1, AlertRecorded: 1 });
  });

  it('among many of one endpoint is told a few times, not once for each', async () => {
    const { bench } = await beforeLastAttempt(40);
    await bench.send(undefined, answers(400));
    expect(bench.deliveries().every(({ status }) => status === 'given_up')).toBe(true);
    expect(bench.rows('logs').length).toBeLessThanOrEqual(4);
  });

  it('has its alert wherever whoever delivers is cut off', async () => {
    for (let cut = 0; cut < 14; cut += 1) {
      for (const side of ['before', 'after'] as const) {
        const { bench } = await beforeLastAttempt(1);
        const dying = killedAt(cut, side);
        await bench.send(dying, answers(400)).catch(() => undefined);
        for (let round = 0; round < 3; round += 1) {
          bench.clock.advance(3_600_000);
          await bench.send(undefined, answers(400));
        }
        expect([cut, side, bench.deliveries()[0]?.status]).toEqual([cut, side, 'given_up']);
        expect([cut, side, bench.rows('logs').length]).toEqual([cut, side, 1]);
      }
    }
  });

  it('because it answered 410 is told as what it means: the endpoint is disabled', async () => {
    const { bench, id } = await beforeLastAttempt(1);
    await bench.send(undefined, answers(410));
    const { disabled_at } = await bench.deps.endpoints.get(id);
    expect(bench.rows('logs').map(({ dedupe_key }) => dedupe_key)).toEqual([`${id}#disabled#${disabled_at}`]);
  });
});
