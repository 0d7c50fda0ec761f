import { describe, expect, it } from 'vitest';
import { changeEndpoint, createEndpoint, deleteEndpoint } from '#shared/webhooks/manage-endpoints.ts';
import { createWebhookBench, type Network } from '#test/support/fakes/webhook-bench.ts';

describe('an event that was begun for many endpoints', () => {
  it('is planned for those that are left, though they fit into one transaction by then', async () => {
    const bench = createWebhookBench();
    const ids: string[] = [];
    for (let count = 0; count < 60; count += 1)
      ids.push((await bench.endpoint({ url: `https://shop${count}.example/` })).id);
    bench.notice();
    let writes = 0;
    await bench.plan((request, answer) => {
      if (request.operation === 'TransactWriteItems') writes += 1;
      return request.operation === 'TransactWriteItems' && writes > 1 ? new Error('cut off') : answer();
    });
    const planned = new Set(bench.deliveries().map(({ endpoint_id }) => endpoint_id));
    for (const id of [...planned].slice(0, 15))
      await changeEndpoint(bench.deps, id, { enabled: false }, bench.context());
    await bench.plan();
    expect(bench.notices()).toEqual([]);
    expect(new Set(bench.deliveries().map(({ endpoint_id }) => endpoint_id))).toEqual(new Set(ids));
    expect(bench.deliveries()).toHaveLength(60);
  });
});

describe('the list of endpoints', () => {
  it('is read once for all events of a run', async () => {
    const bench = createWebhookBench();
    await bench.endpoint({ url: 'https://shop.example/' });
    for (let count = 0; count < 25; count += 1) bench.notice();
    let lists = 0;
    await bench.plan((request, answer) => {
      if (request.operation === 'Query' && request.body['TableName'] === 'notify') lists += 1;
      return answer();
    });
    expect(bench.deliveries()).toHaveLength(25);
    expect(lists).toBe(1);
  });

  it('is read again in the next run of the same process: an endpoint hears of all that happens after it was made', async () => {
    const bench = createWebhookBench();
    await bench.endpoint({ url: 'https://first.example/' });
    const plan = bench.dispatcher();
    bench.notice();
    await plan();
    const { id } = await bench.endpoint({ url: 'https://second.example/' });
    bench.notice();
    await plan();
    expect(bench.deliveries().filter(({ endpoint_id }) => endpoint_id === id)).toHaveLength(1);
    expect(bench.deliveries()).toHaveLength(3);
  });

  it('has an endpoint as soon as it is made, though what is not read strongly consistent is behind', async () => {
    const bench = createWebhookBench();
    const { id } = await bench.endpoint({ url: 'https://shop.example/' });
    bench.notice();
    const behind: Network = (request, answer) => {
      const { TableName, ConsistentRead } = request.body;
      const mayLag = request.operation === 'Query' && TableName === 'notify' && ConsistentRead !== true;
      return mayLag ? { body: { Items: [] } } : answer();
    };
    expect((await bench.depsOf(behind).endpoints.list(undefined, 10)).rows).toMatchObject([{ id }]);
    await bench.plan(behind);
    expect(bench.notices()).toEqual([]);
    expect(bench.deliveries()).toMatchObject([{ endpoint_id: id, status: 'waiting' }]);
  });

  it('gains and loses an endpoint in the very write that makes or deletes it, wherever that is cut off', async () => {
    const listed = (bench: ReturnType<typeof createWebhookBench>) =>
      bench.rows('notify').flatMap(({ pk, sk }) => (pk === 'WEBHOOK_ENDPOINTS' ? [sk] : []));
    const alive = (bench: ReturnType<typeof createWebhookBench>) =>
      bench.rows('notify').flatMap(({ sk, id, deleted_at }) => (sk === 'ENDPOINT' && deleted_at === null ? [id] : []));
    const bench = createWebhookBench();
    for (let cut = 0; cut < 6; cut += 1) {
      for (const side of ['before', 'after'] as const) {
        const dying = () => {
          let accesses = 0;
          return bench.depsOf((_request, answer) => {
            accesses += 1;
            if (accesses <= cut) return answer();
            if (accesses === cut + 1 && side === 'after') answer();
            return new Error('killed');
          });
        };
        const { id } = await bench.endpoint({ url: 'https://shop.example/' });
        const wish = { url: 'https://other.example/', events: ['*'], description: null, metadata: {}, enabled: true };
        await createEndpoint(dying(), wish, bench.context()).catch(() => undefined);
        expect([cut, side, listed(bench).sort()]).toEqual([cut, side, alive(bench).sort()]);
        await changeEndpoint(bench.deps, id, { enabled: false }, bench.context());
        await deleteEndpoint(dying(), id, bench.context()).catch(() => undefined);
        expect([cut, side, listed(bench).sort()]).toEqual([cut, side, alive(bench).sort()]);
      }
    }
  });
});
