import { describe, expect, it } from 'vitest';
import { changeEndpoint } from '#shared/webhooks/manage-endpoints.ts';
import { createWebhookBench } from '#test/support/fakes/webhook-bench.ts';

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
});
