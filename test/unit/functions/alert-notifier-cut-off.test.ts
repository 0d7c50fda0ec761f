import { describe, expect, it } from 'vitest';
import { LEASE_MS } from '#shared/alerts/delivery/delivery.ts';
import { type Network, SCHEDULED, tellingBench } from '#test/support/fakes/alert-bench.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';

describe('a run that is cut off', () => {
  /** Runs by a network that ends at one request, and says how many there were. */
  async function cutOffAt(
    bench: ReturnType<typeof tellingBench>,
    at: number,
    lost: 'request' | 'answer',
  ): Promise<number> {
    let requests = 0;
    const network: Network = (_request, answer) => {
      requests += 1;
      if (requests < at || at === 0) return answer();
      if (requests === at && lost === 'answer') answer();
      // A process that is killed asks nothing more either.
      return new Error('cut off');
    };
    await Promise.allSettled([bench.notifier(network)(SCHEDULED, lambdaContext(60_000))]);
    return requests;
  }

  it.each(['request', 'answer'] as const)(
    'at any access in turn, its %s lost, loses no alert: each channel hears of it under the same id, at least once',
    async (lost) => {
      const points = await cutOffAt(withAlert(), 0, lost);
      // A read of each shard, the alert, the cool-down, the plan, and of two channels the beginning and the end.
      expect(points).toBe(11);
      for (let at = 1; at <= points; at += 1) {
        const bench = withAlert();
        const alertId = bench.undelivered()[0] ?? '';
        await cutOffAt(bench, at, lost);
        // What was begun and never heard of is begun again once it counts as lost.
        bench.clock.advance(LEASE_MS);
        await bench.run();
        expect([at, bench.undelivered()]).toEqual([at, []]);
        expect(bench.alertRow(alertId)).toMatchObject({ told_status: 'told' });
        for (const channel of [bench.email, bench.pager]) {
          expect(new Set(channel.calls)).toEqual(new Set([alertId]));
          expect(channel.calls.length).toBeLessThanOrEqual(2);
          expect(bench.delivery(alertId, channel.name)).toMatchObject({ status: 'delivered' });
        }
      }
    },
  );

  function withAlert() {
    const bench = tellingBench({ coolDownMs: 600_000 });
    bench.record();
    return bench;
  }

  it('within a call makes it again under the same id, never sooner than it counts as lost', async () => {
    const { pager, ...bench } = tellingBench();
    const { id: alertId } = bench.record();
    let isKilled = false;
    pager.onCall(async () => {
      isKilled = true;
    });
    const network: Network = (_request, answer) => (isKilled ? new Error('killed') : answer());
    await Promise.allSettled([bench.notifier(network)(SCHEDULED, lambdaContext(60_000))]);
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({ status: 'sending', attempts: 1 });
    bench.clock.advance(LEASE_MS - 1);
    await bench.run();
    expect(pager.calls).toEqual([alertId]);
    bench.clock.advance(1);
    await bench.run();
    expect(pager.calls).toEqual([alertId, alertId]);
    expect(bench.delivery(alertId, 'webhook:pager')).toMatchObject({ status: 'delivered', attempts: 2 });
  });
});
