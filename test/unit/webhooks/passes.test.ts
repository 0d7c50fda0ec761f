import { describe, expect, it } from 'vitest';
import { redeliverRange } from '#shared/webhooks/send-again.ts';
import { createWebhookBench, type Network } from '#test/support/fakes/webhook-bench.ts';

const DAY_MS = 24 * 60 * 60_000;
const URL = 'http://127.0.0.1:1/';
/** What one round of a pass takes from what is due. */
const ROUND = 50;

/** An endpoint that took four rounds, and is to be sent all of them again. */
async function openLongRedelivery() {
  const bench = createWebhookBench();
  const { id } = await bench.endpoint({ url: URL });
  const since = new Date(bench.clock.now()).toISOString();
  for (let count = 0; count < 4 * ROUND; count += 1) bench.notice();
  await bench.plan();
  await bench.send(undefined, async () => ({ status: 204, excerpt: '' }));
  bench.clock.advance(1_000);
  await redeliverRange(bench.deps, id, { since, until: undefined, status: 'all' }, bench.context());
  return { bench, id };
}

describe('a pass over what is due to an endpoint', () => {
  it.each([429, 503])(
    'that took a round of it and then answers %i has taken something: it does not count as failing',
    async (status) => {
      const bench = createWebhookBench();
      const { id } = await bench.endpoint({ url: URL });
      const longAgo = new Date(bench.clock.now() - 10 * DAY_MS).toISOString();
      await bench.deps.standings.change(
        id,
        (standing) => ({ ...standing, failing_since: longAgo, version: standing.version + 1 }),
        bench.context().deadline,
      );
      for (let count = 0; count < ROUND + 1; count += 1) bench.notice();
      await bench.plan();
      let calls = 0;
      await bench.send(undefined, async () => {
        calls += 1;
        return { status: calls > ROUND ? status : 200, excerpt: '' };
      });
      expect(calls).toBe(ROUND + 1);
      expect(bench.standing(id).failing_since).toBeNull();
      expect(await bench.deps.endpoints.get(id)).toMatchObject({ enabled: true, disabled_reason: null });
      expect(bench.rows('logs')).toEqual([]);
    },
  );

  it('in which a long redelivery goes on delivers what has just happened too, before it and in the midst of it', async () => {
    const { bench, id } = await openLongRedelivery();
    const before = bench.notice();
    await bench.plan();
    // As long as that: three pages leave no time to call anybody.
    const slowPages: Network = (request, answer) => {
      if (JSON.stringify(request.body).includes('BETWEEN')) bench.clock.advance(20_000);
      return answer();
    };
    const told: string[] = [];
    let amid = '';
    const post = async ({ headers }: { readonly headers: Readonly<Record<string, string>> }) => {
      told.push(headers['webhook-id'] ?? '');
      if (told.length === 2) {
        amid = bench.notice();
        await bench.plan();
      }
      return { status: 204, excerpt: '' };
    };
    await bench.send(slowPages, post);
    expect(told[0]).toBe(before);
    expect(told.indexOf(amid)).toBeGreaterThan(1);
    // Two pages of it as well: the third is put among what is due, for the next pass.
    expect(told).toHaveLength(2 + 2 * ROUND);
    expect(bench.standing(id)).toMatchObject({ redelivery: { redelivered: 3 * ROUND } });
    await bench.send(undefined, post);
    expect(new Set(told).size).toBe(2 + 4 * ROUND);
    expect(told).toHaveLength(2 + 4 * ROUND);
    expect(bench.standing(id).redelivery).toBeNull();
  });

  it('puts no page of a redelivery behind what it has not worked yet: what is due does not grow beyond what is taken', async () => {
    const { bench, id } = await openLongRedelivery();
    // Of one page a pass takes not even a half.
    const slow = async () => {
      bench.clock.advance(2_500);
      return { status: 204, excerpt: '' };
    };
    const open = () => bench.deliveries().filter(({ status }) => status === 'waiting').length;
    for (let pass = 0; bench.deliveries().some(({ status }) => status === 'waiting') || pass === 0; pass += 1) {
      await bench.send(undefined, slow);
      expect(open()).toBeLessThanOrEqual(2 * ROUND);
    }
    expect(bench.standing(id).redelivery).toBeNull();
    expect(bench.deliveries().every(({ attempts }) => attempts === 1)).toBe(true);
  });
});
