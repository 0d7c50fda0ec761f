import { describe, expect, it } from 'vitest';
import { outboundUrlFault } from '#shared/platform/http/outbound-url.ts';
import { retryAfterMs } from '#shared/webhooks/call.ts';
import { deliveryIdOf, schedulePolicy } from '#shared/webhooks/delivery.ts';
import { subscribesTo } from '#shared/webhooks/event-types.ts';
import { changeEndpoint, createEndpoint, deleteEndpoint } from '#shared/webhooks/manage-endpoints.ts';
import { redeliverRange, sendTest } from '#shared/webhooks/send-again.ts';
import { retrySecondsSchema } from '#shared/webhooks/webhook-settings.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';
import { createWebhookBench } from '#test/support/fakes/webhook-bench.ts';

const URL = 'https://shop.example/hook';

describe('the URL of an endpoint', () => {
  it.each([
    'https://shop.example/hook?x=1',
    'https://shop.example:8443/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'http://127.0.0.1:8080/hook',
  ])('may be %s', (url) => {
    expect(outboundUrlFault(url, ['127.0.0.1'])).toBeUndefined();
  });

  it.each([
    'shop.example',
    'http://shop.example/',
    'ftp://shop.example/',
    'javascript:alert(1)',
    'https://user:password@shop.example/',
    'https://shop.example/#part',
    'https://shop.example:22/',
    'https://shop.example:80/',
    'https://10.0.0.1/',
    'https://2130706434/',
    'https://0177.0.0.2/',
    'https://0x7f.0.0.2/',
    'https://127.2/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[fd00:ec2::254]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://127.0.0.1:22:22/',
  ])('may not be %s', (url) => {
    expect(outboundUrlFault(url, ['localhost'])).toMatch(/^must /);
  });
});

describe('what an endpoint subscribes to', () => {
  it('is a type, all of a kind, or everything', () => {
    expect(subscribesTo(['order.paid'], 'order.paid')).toBe(true);
    expect(subscribesTo(['order.*'], 'order.paid')).toBe(true);
    expect(subscribesTo(['*'], 'order.paid')).toBe(true);
    expect(subscribesTo(['order.refunded'], 'order.paid')).toBe(false);
    expect(subscribesTo([], 'order.paid')).toBe(false);
    expect(subscribesTo(['order.*'], 'transaction.confirmed')).toBe(false);
    expect(subscribesTo(['transaction.*'], 'transaction.confirmed')).toBe(true);
  });
});

describe('a delivery', () => {
  it('has the same id however often it is planned, with the time of its event, and another of each endpoint', () => {
    const event = 'evt_01JD8Q4X7M5N2V9C3R6T0W1YZA';
    const id = deliveryIdOf(event, 'whe_1');
    expect(id).toMatch(/^whd_01JD8Q4X7M[0-9A-HJKMNP-TV-Z]{16}$/);
    expect(deliveryIdOf(event, 'whe_1')).toBe(id);
    expect(deliveryIdOf(event, 'whe_2')).not.toBe(id);
  });

  it('is tried for about three days by default', () => {
    const seconds = retrySecondsSchema.parse(undefined);
    const policy = schedulePolicy(seconds);
    const whole = seconds.map((_wait, index) => policy.delayMs(index + 1, 1)).reduce((sum, wait) => sum + wait, 0);
    expect(whole / 86_400_000).toBeCloseTo(3.15, 1);
  });
});

describe('the header Retry-After', () => {
  it.each<[string, number | undefined]>([
    ['0', 0],
    ['120', 120_000],
    ['999999999', 86_400_000],
    [new Date(TEST_NOW_MS + 60_000).toUTCString(), 60_000],
    [new Date(TEST_NOW_MS - 60_000).toUTCString(), 0],
    ['soon', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(retryAfterMs(text, TEST_NOW_MS)).toBe(expected);
  });
});

describe('an endpoint', () => {
  it('has a secret that is shown once: no row, no answer, entry or log has it again', async () => {
    const bench = createWebhookBench();
    const { id, secret } = await bench.endpoint({ url: URL });
    expect(secret).toMatch(/^whsec_/);
    const bare = String(secret).replace('whsec_', '');
    const everything = JSON.stringify([
      ...['notify', 'audit', 'logs', 'ephemeral'].map(bench.rows),
      bench.log.lines,
      await bench.deps.endpoints.get(id),
    ]);
    expect(everything).not.toContain(bare);
  });

  it('is answered once more without its secret', async () => {
    const bench = createWebhookBench();
    const context = bench.context();
    const wish = { url: URL, events: ['*'], description: null, metadata: {}, enabled: true };
    await createEndpoint(bench.deps, wish, context);
    await expect(createEndpoint(bench.deps, wish, context)).rejects.toMatchObject({
      answer: { status: 201, body: { url: URL, secret: null } },
    });
    expect(bench.rows('notify').filter(({ sk }) => sk === 'ENDPOINT')).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    ['an event that nobody knows', { url: URL, events: ['order.payed'] }, 'body.events[0]'],
    ['a private address', { url: 'https://10.1.2.3/', events: ['*'] }, 'body.url'],
    ['no TLS', { url: 'http://shop.example/', events: ['*'] }, 'body.url'],
    ['too many words', { url: URL, events: ['*'], metadata: { a: 'x'.repeat(201) } }, 'body.metadata.a'],
  ])('is refused with %s', async (_what, body, field) => {
    const bench = createWebhookBench();
    const api = createTestApi(bench.routes);
    const answer = await api.send({
      method: 'POST',
      path: '/webhook-endpoints',
      body,
      headers: { 'Idempotency-Key': 'k-1' },
      scopes: 'webhooks:write',
    });
    expect([answer.statusCode, problemOf(answer).details]).toMatchObject([400, { fields: [{ field }] }]);
    expect(bench.rows('notify')).toEqual([]);
  });

  it('is refused where there are a hundred already, disabled ones counted, until one of them is deleted', async () => {
    const bench = createWebhookBench();
    const ids: string[] = [];
    for (let count = 0; count < 100; count += 1) ids.push((await bench.endpoint({ url: URL, enabled: count > 0 })).id);
    const rows = () => [bench.rows('notify').length, bench.rows('audit').length, bench.rows('ephemeral').length];
    const before = rows();
    await expect(bench.endpoint({ url: URL })).rejects.toMatchObject({
      code: 'INVALID_TRANSITION',
      message: 'There are 100 webhook endpoints already: delete one first',
    });
    expect(rows()).toEqual(before);
    await deleteEndpoint(bench.deps, ids[0] ?? '', bench.context());
    const { id } = await bench.endpoint({ url: URL });
    expect((await bench.deps.endpoints.enabled()).map((endpoint) => endpoint.id).sort()).toEqual(
      [...ids.slice(1), id].sort(),
    );
  });

  it('is changed at the version that was read, with an entry, and not without need', async () => {
    const bench = createWebhookBench();
    const { id } = await bench.endpoint({ url: URL });
    const stale = { ...bench.context(), ifMatchVersion: 7 };
    await expect(changeEndpoint(bench.deps, id, { enabled: false }, stale)).rejects.toMatchObject({
      code: 'VERSION_MISMATCH',
    });
    expect(await changeEndpoint(bench.deps, id, { url: URL }, bench.context())).toMatchObject({ version: 1 });
    expect(await changeEndpoint(bench.deps, id, { enabled: false }, bench.context())).toMatchObject({
      version: 2,
      enabled: false,
      disabled_reason: 'operator',
    });
    await expect(sendTest(bench.deps, id, bench.context())).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    expect(await changeEndpoint(bench.deps, id, { enabled: true }, bench.context())).toMatchObject({
      enabled: true,
      disabled_reason: null,
    });
    expect(bench.rows('audit').map(({ action }) => action)).toEqual([
      'webhook_endpoint.created',
      'webhook_endpoint.changed',
      'webhook_endpoint.changed',
    ]);
  });

  it('that is deleted is found no more, has no secret, and keeps its history', async () => {
    const bench = createWebhookBench();
    const { id } = await bench.endpoint({ url: URL });
    await deleteEndpoint(bench.deps, id, bench.context());
    await expect(bench.deps.endpoints.get(id)).rejects.toMatchObject({ code: 'WEBHOOK_ENDPOINT_NOT_FOUND' });
    expect((await bench.deps.endpoints.list(undefined, 10)).rows).toEqual([]);
    expect(await bench.deps.endpoints.find(id)).toMatchObject({ secrets: [], enabled: false, audit_seq: 2 });
  });

  it.each<[string, number, number | undefined]>([
    ['longer ago than anything is kept', -31, undefined],
    ['that is still to come', -1, 1],
    ['that ends before it begins', -1, -2],
  ])('is sent nothing again of a time %s', async (_what, sinceDays, untilDays) => {
    const bench = createWebhookBench();
    const { id } = await bench.endpoint({ url: URL });
    const day = (days: number) => new Date(bench.clock.now() + days * 86_400_000).toISOString();
    const until = untilDays === undefined ? undefined : day(untilDays);
    await expect(
      redeliverRange(bench.deps, id, { since: day(sinceDays), until, status: 'all' }, bench.context()),
    ).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  });
});
