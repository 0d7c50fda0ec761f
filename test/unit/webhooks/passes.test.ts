import { describe, expect, it } from 'vitest';
import { createWebhookBench } from '#test/support/fakes/webhook-bench.ts';

const DAY_MS = 24 * 60 * 60_000;
const URL = 'http://127.0.0.1:1/';
/** What one round of a pass takes from what is due. */
const ROUND = 50;

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
});
