import { describe, expect, it } from 'vitest';
import { changeEndpoint, deleteEndpoint } from '#shared/webhooks/manage-endpoints.ts';
import { createHearer } from '#test/support/fakes/hearer.ts';
import { createWebhookBench, killedAt, type Network } from '#test/support/fakes/webhook-bench.ts';

const DAY_MS = 24 * 60 * 60_000;
const MINUTE_MS = 60_000;
const URL = 'http://127.0.0.1:1/';

const answers = (status: number) => async () => ({ status, excerpt: '' });

/** A bench with an endpoint that has an open delivery, and is disabled and rested. */
async function disabledEndpoint() {
  const bench = createWebhookBench();
  const { id } = await bench.endpoint({ url: URL });
  bench.notice();
  await bench.plan();
  await bench.send(undefined, answers(500));
  await changeEndpoint(bench.deps, id, { enabled: false }, bench.context());
  bench.clock.advance(6 * DAY_MS);
  await bench.send(undefined, answers(500));
  expect(bench.standing(id)).toMatchObject({ due_at: null });
  return { bench, id };
}

describe('an endpoint that is enabled', () => {
  it('and answers 410 again is told of again, however soon, and once', async () => {
    const bench = createWebhookBench();
    const hearer = createHearer({ clock: bench.clock, alerts: () => bench.rows('logs') });
    const { id } = await bench.endpoint({ url: URL });
    for (let time = 0; time < 2; time += 1) {
      await changeEndpoint(bench.deps, id, { enabled: true }, bench.context());
      bench.notice();
      await bench.plan();
      await Promise.all([bench.send(undefined, answers(410)), bench.send(undefined, answers(410))]);
      await hearer.minutes(2);
      await bench.send(undefined, answers(410));
      expect(await hearer.hears()).toEqual([
        'ERROR A webhook endpoint answered 410 and is disabled: it is told of nothing any more',
      ]);
    }
  });

  it('goes on with what was left open, wherever enabling it is cut off and then asked for again', async () => {
    for (let cut = 0; cut < 8; cut += 1) {
      for (const side of ['before', 'after'] as const) {
        const { bench, id } = await disabledEndpoint();
        const dying = killedAt(cut, side);
        await changeEndpoint(bench.depsOf(dying), id, { enabled: true }, bench.context()).catch(() => undefined);
        await changeEndpoint(bench.deps, id, { enabled: true }, bench.context());
        expect([cut, side, bench.standing(id).failing_since]).toEqual([cut, side, null]);
        await bench.send(undefined, answers(204));
        expect([cut, side, bench.deliveries()[0]?.status]).toEqual([cut, side, 'delivered']);
      }
    }
  });

  it('while who delivers reads it as disabled is not put to rest by it', async () => {
    const { bench, id } = await disabledEndpoint();
    await bench.deps.standings.change(
      id,
      (standing) => ({ ...standing, due_at: standing.woken_at, version: standing.version + 1 }),
      bench.context().deadline,
    );
    const late = bench.depsOf(undefined, answers(204));
    const { createHandler } = await import('#functions/webhook-sender/handler.ts');
    const { lambdaContext } = await import('#test/support/fakes/api-request.ts');
    const find = async (endpointId: string) => {
      const found = await late.endpoints.find(endpointId);
      await changeEndpoint(bench.deps, id, { enabled: true }, bench.context());
      return found;
    };
    await createHandler({ ...late, endpoints: { ...late.endpoints, find } })(
      { source: 'aws.scheduler' },
      lambdaContext(60_000),
    );
    bench.clock.advance(2 * MINUTE_MS);
    await bench.send(undefined, answers(204));
    expect(bench.deliveries()).toMatchObject([{ status: 'delivered' }]);
  });
});

describe('an endpoint whose URL is changed', () => {
  it('while the old one answers 410 stays enabled, and what is open goes to the new one', async () => {
    const bench = createWebhookBench();
    const { id } = await bench.endpoint({ url: URL });
    bench.notice();
    bench.notice();
    await bench.plan();
    bench.clock.advance(60 * MINUTE_MS);
    const urls: string[] = [];
    const post = async ({ url }: { readonly url: string }) => {
      urls.push(url);
      if (urls.length > 1) return { status: 204, excerpt: '' };
      await changeEndpoint(bench.deps, id, { url: 'http://127.0.0.1:2/' }, bench.context());
      return { status: 410, excerpt: '' };
    };
    // Its one call of the first round is the one that is told 410.
    await bench.deps.standings.change(
      id,
      (standing) => ({ ...standing, failing_since: standing.woken_at, version: standing.version + 1 }),
      bench.context().deadline,
    );
    await bench.send(undefined, post);
    bench.clock.advance(2 * MINUTE_MS);
    await bench.send(undefined, post);
    expect((await bench.deps.endpoints.get(id)).enabled).toBe(true);
    expect(urls).toEqual([URL, 'http://127.0.0.1:2/']);
    expect(
      bench
        .deliveries()
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['delivered', 'given_up']);
  });
});

describe('an endpoint that is deleted or changed', () => {
  it('while somebody delivers to it is deleted, or changed, all the same', async () => {
    const bench = createWebhookBench();
    const { id } = await bench.endpoint({ url: URL });
    const racing = () => {
      let isRaced = false;
      return bench.depsOf((request, answer) => {
        if (!isRaced && request.operation === 'TransactWriteItems') {
          isRaced = true;
          const row = bench.rows('notify').find(({ pk }) => pk === `WEBHOOK_STANDING#${id}`) ?? {};
          bench.dynamo.put('notify', { ...row, pk: String(row['pk']), version: Number(row['version']) + 1 });
        }
        return answer();
      });
    };
    await changeEndpoint(bench.deps, id, { enabled: false }, bench.context());
    await expect(changeEndpoint(racing(), id, { enabled: true }, bench.context())).resolves.toMatchObject({
      enabled: true,
    });
    await expect(deleteEndpoint(racing(), id, bench.context())).resolves.toMatchObject({ id });
  });
});

describe('an endpoint that has failed', () => {
  it('and then had nothing to be told of for long is not disabled by one failure', async () => {
    const bench = createWebhookBench();
    const { id } = await bench.endpoint({ url: URL });
    bench.notice();
    await bench.plan();
    for (let hours = 0; hours < 12; hours += 1) {
      await bench.send(undefined, answers(503));
      bench.clock.advance(20 * MINUTE_MS);
    }
    expect(bench.deliveries()).toMatchObject([{ status: 'given_up' }]);
    bench.clock.advance(20 * DAY_MS);
    bench.notice();
    await bench.plan();
    await bench.send(undefined, answers(503));
    expect((await bench.deps.endpoints.get(id)).enabled).toBe(true);
    expect(bench.standing(id).failing_since).not.toBeNull();
  });

  it('stays in the index of what is due while the index of deliveries is behind', async () => {
    const bench = createWebhookBench();
    const { id } = await bench.endpoint({ url: URL });
    bench.notice();
    await bench.plan();
    // For long enough that its last wake is no reason to stay.
    bench.clock.advance(20 * MINUTE_MS);
    let due = 0;
    const behind: Network = (request, answer) => {
      const isSoonest = JSON.stringify(request.body).includes('DUE_DELIVERIES') && request.operation === 'Query';
      if (isSoonest) due += 1;
      // What is due is seen once; after the call neither where it was nor where it is.
      return isSoonest && due > 1 ? { body: { Items: [] } } : answer();
    };
    await bench.send(behind, answers(503));
    expect(bench.standing(id)).toMatchObject({ due_at: expect.any(String), failing_since: expect.any(String) });
    bench.clock.advance(2 * 60 * MINUTE_MS);
    await bench.send(undefined, answers(204));
    expect(bench.deliveries()).toMatchObject([{ status: 'delivered' }]);
  });
});
