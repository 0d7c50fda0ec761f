import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { deleteEndpoint, rotateEndpointSecret } from '#shared/webhooks/manage-endpoints.ts';
import { transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { createWebhookBench, RETRY_SECONDS } from '#test/support/fakes/webhook-bench.ts';
import { type ReceiverAnswer, startWebhookReceiver } from '#test/support/webhook-receiver.ts';

async function receiver(answer?: (call: number) => ReceiverAnswer) {
  const started = await startWebhookReceiver(answer);
  onTestFinished(() => started.close());
  return started;
}

const headersSchema = z.record(z.string(), z.string());
const bodySchema = z.object({ type: z.string(), timestamp: z.string(), data: z.record(z.string(), z.unknown()) });
const DAY_MS = 24 * 60 * 60_000;

describe('an event', () => {
  it('reaches each endpoint that subscribes to it once, signed as the official library verifies, without the e-mail address', async () => {
    const bench = createWebhookBench();
    const [all, paid, other] = [await receiver(), await receiver(), await receiver()];
    const { secret } = await bench.endpoint({ url: all.url });
    await bench.endpoint({ url: paid.url, events: ['order.paid'] });
    await bench.endpoint({ url: other.url, events: ['order.refunded'] });
    const id = bench.notice('order.paid');
    await bench.plan();
    expect(bench.notices()).toEqual([]);
    await bench.send();
    expect([all.calls.length, paid.calls.length, other.calls.length]).toEqual([1, 1, 0]);
    const [call] = all.calls;
    const headers = headersSchema.parse(call?.headers);
    expect(headers).toMatchObject({ 'webhook-id': id, 'content-type': 'application/json' });
    // The library looks at the time as well; the bench has its own.
    const sentAt = new Date(bench.clock.now());
    const signature = new Webhook(secret ?? '').sign(id, sentAt, call?.body ?? '');
    expect(headers['webhook-signature']).toBe(signature);
    const body = bodySchema.parse(JSON.parse(call?.body ?? ''));
    expect(body).toMatchObject({ type: 'order.paid', data: { id: expect.stringMatching(/^ord_/), version: 1 } });
    expect(call?.body).not.toMatch(/ada@example.com|token_hash|wal_/);
    expect(bench.deliveries().map(({ status, attempts }) => [status, attempts])).toEqual([
      ['delivered', 1],
      ['delivered', 1],
    ]);
  });

  it('of a transaction reaches who subscribes to those, as it was when it happened', async () => {
    const bench = createWebhookBench();
    const [all, ends, orders] = [await receiver(), await receiver(), await receiver()];
    await bench.endpoint({ url: all.url });
    await bench.endpoint({ url: ends.url, events: ['transaction.*'] });
    await bench.endpoint({ url: orders.url, events: ['order.*'] });
    const id = bench.transactionNotice();
    await bench.wokenBy([`TX_NOTICE#${id}`, 'TX_NOTICE#evt_gone', 'SOMETHING#else']);
    expect(bench.notices()).toEqual([]);
    expect(bench.log.of('WEBHOOK_WAKE_UNREADABLE')).toHaveLength(1);
    await bench.send();
    expect([all.calls.length, ends.calls.length, orders.calls.length]).toEqual([1, 1, 0]);
    expect(ends.calls[0]?.headers).toMatchObject({ 'webhook-id': id });
    const body = bodySchema.parse(JSON.parse(ends.calls[0]?.body ?? ''));
    expect(body).toMatchObject({ type: 'transaction.confirmed', data: { id: transactionId(1), status: 'confirmed' } });
    expect(body.data).not.toHaveProperty('data');
  });

  it('that nobody subscribes to just goes, and one to a customer is left for who tells customers', async () => {
    const bench = createWebhookBench();
    bench.notice('order.paid');
    bench.transactionNotice();
    const customers = bench.notice('order.paid', 'customer');
    await bench.plan();
    expect(bench.notices().map(({ id }) => id)).toEqual([customers]);
    expect(bench.deliveries()).toEqual([]);
  });

  it('to more endpoints than one transaction takes is planned for all, whoever is cut off, and once', async () => {
    const bench = createWebhookBench();
    for (let count = 0; count < 60; count += 1) await bench.endpoint({ url: `https://shop${count}.example/` });
    bench.notice();
    let writes = 0;
    await bench.plan((request, answer) => {
      if (request.operation === 'TransactWriteItems') writes += 1;
      return request.operation === 'TransactWriteItems' && writes > 1 ? new Error('cut off') : answer();
    });
    expect(bench.deliveries()).toHaveLength(48);
    await bench.plan();
    expect(bench.notices()).toEqual([]);
    expect(new Set(bench.deliveries().map(({ endpoint_id }) => endpoint_id)).size).toBe(60);
    expect(bench.deliveries()).toHaveLength(60);
  });
});

describe('a delivery', () => {
  it('that fails is made again by the schedule, under the same id, with a new time and signature, until it is taken', async () => {
    const bench = createWebhookBench();
    const { url, calls } = await receiver((call) => ({ status: call < 4 ? 503 : 204, body: 'not now' }));
    const { id: endpointId } = await bench.endpoint({ url });
    bench.notice();
    await bench.plan();
    for (const seconds of [1, ...RETRY_SECONDS]) {
      bench.clock.advance(seconds * 1_000);
      await bench.send();
    }
    expect(calls).toHaveLength(4);
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(calls.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(4);
    expect(new Set(calls.map(({ headers }) => headers['webhook-signature'])).size).toBe(4);
    const [delivery] = bench.deliveries();
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 4, last_error: null });
    expect(delivery?.calls.map(({ status }) => status)).toEqual([503, 503, 503, 204]);
    expect(bench.standing(endpointId).failing_since).toBeNull();
    // Sooner than the schedule looks again.
    expect(bench.wakes.map(({ delaySeconds }) => delaySeconds)).toContain(5);
  });

  it('that is never taken is given up at the end of the schedule', async () => {
    const bench = createWebhookBench();
    const { url, calls } = await receiver(() => ({ status: 404, body: 'nothing here' }));
    await bench.endpoint({ url });
    bench.notice();
    await bench.plan();
    for (const seconds of [0, ...RETRY_SECONDS, DAY_MS / 1_000]) {
      bench.clock.advance(seconds * 1_000);
      await bench.send();
    }
    expect(calls).toHaveLength(RETRY_SECONDS.length + 1);
    expect(bench.deliveries()).toMatchObject([
      { status: 'given_up', last_error: 'http_404', response_excerpt: 'nothing here', next_attempt_at: null },
    ]);
  });

  it.each<[string, ReceiverAnswer, object]>([
    ['answers with 10 MB', { megabytes: 10 }, { status: 'delivered' }],
    ['closes in the middle of its answer', { closeMidBody: true }, { status: 'waiting', last_error: 'cut_off' }],
    [
      'sends it to a private address',
      { redirectTo: 'http://10.0.0.8/' },
      { status: 'waiting', last_error: 'redirected' },
    ],
    ['switches protocols', { switchProtocols: true }, { status: 'waiting', last_error: 'http_101' }],
  ])('to a receiver that %s', async (_what, answer, expected) => {
    const bench = createWebhookBench();
    const { url } = await receiver(() => answer);
    await bench.endpoint({ url });
    bench.notice();
    await bench.plan();
    await bench.send();
    expect(bench.deliveries()).toMatchObject([expected]);
    expect(bench.deliveries()[0]?.response_excerpt?.length ?? 0).toBeLessThanOrEqual(1_024);
  });

  it('waits for as long as the receiver asks, where that is longer than the schedule', async () => {
    const bench = createWebhookBench();
    const { url } = await receiver(() => ({ status: 429, retryAfter: '600' }));
    await bench.endpoint({ url });
    bench.notice();
    await bench.plan();
    await bench.send();
    const [delivery] = bench.deliveries();
    expect(Date.parse(delivery?.next_attempt_at ?? '') - bench.clock.now()).toBe(600_000);
  });

  it('to a name that means a private address is refused at the connection, and tried again', async () => {
    const bench = createWebhookBench();
    await bench.endpoint({ url: 'https://rebound.example/hook' });
    bench.notice();
    await bench.plan();
    await bench.send();
    expect(bench.deliveries()).toMatchObject([{ status: 'waiting', last_error: 'address_refused' }]);
  });
});

describe('an endpoint', () => {
  it('that hangs is left alone after one call, as a whole and by one write, and delays no other', async () => {
    const bench = createWebhookBench({ timeoutMs: 2_000 });
    const hanging = await receiver(() => ({ hang: true }));
    const good = await receiver();
    const { id } = await bench.endpoint({ url: hanging.url });
    await bench.endpoint({ url: good.url });
    for (let count = 0; count < 30; count += 1) bench.notice();
    await bench.plan();
    await bench.send();
    expect(good.calls).toHaveLength(30);
    expect(hanging.calls.length).toBeLessThanOrEqual(4);
    expect(bench.standing(id).held_until).not.toBeNull();
    const before = hanging.calls.length;
    let writes = 0;
    await bench.wake([id]);
    await bench.send((request, answer) => {
      if (request.operation === 'TransactWriteItems' && JSON.stringify(request.body).includes(id)) writes += 1;
      return answer();
    });
    expect([hanging.calls.length, writes]).toEqual([before, 0]);
    hanging.answerWith(() => ({ status: 204 }));
    for (let minutes = 0; minutes < 8; minutes += 1) {
      bench.clock.advance(60_000);
      await bench.send();
    }
    expect(new Set(hanging.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(30);
    expect(bench.deliveries().every(({ status }) => status === 'delivered')).toBe(true);
  });

  it('that answers 410 is disabled, with an alert and an entry, and is told of nothing more', async () => {
    const bench = createWebhookBench();
    const { url, calls } = await receiver(() => ({ status: 410 }));
    const { id } = await bench.endpoint({ url });
    bench.notice();
    bench.notice();
    await bench.plan();
    await bench.send();
    expect(await bench.deps.endpoints.get(id)).toMatchObject({ enabled: false, disabled_reason: 'gone' });
    const told = calls.length;
    bench.notice();
    await bench.plan();
    bench.clock.advance(DAY_MS);
    await bench.send();
    expect(calls).toHaveLength(told);
    expect(bench.rows('logs')).toMatchObject([
      { category: 'circuit_open', details: { endpoint_id: id, reason: 'gone' } },
    ]);
    expect(bench.rows('audit').map(({ action }) => action)).toContain('webhook_endpoint.disabled');
  });

  it('that took nothing for five days is disabled, and one call that is taken makes it begin anew', async () => {
    const bench = createWebhookBench();
    let status = 500;
    const { url } = await receiver(() => ({ status }));
    const { id } = await bench.endpoint({ url });
    const tell = async () => {
      bench.notice();
      await bench.plan();
      await bench.send();
      bench.clock.advance(DAY_MS);
    };
    for (let days = 0; days < 4; days += 1) await tell();
    status = 200;
    await tell();
    status = 500;
    for (let days = 0; days < 5; days += 1) await tell();
    expect((await bench.deps.endpoints.get(id)).enabled).toBe(true);
    await tell();
    expect(await bench.deps.endpoints.get(id)).toMatchObject({ enabled: false, disabled_reason: 'failing' });
  });

  it('has its messages signed with both secrets for a day after a rotation, and with the new one only then', async () => {
    const bench = createWebhookBench();
    const { url, calls } = await receiver();
    const { id, secret: old } = await bench.endpoint({ url });
    const { secret: fresh } = await rotateEndpointSecret(bench.deps, id, bench.context());
    const signatures = async () => {
      bench.notice();
      await bench.plan();
      bench.clock.advance(60_000);
      await bench.send();
      const call = calls.at(-1);
      const at = new Date(bench.clock.now());
      const given = String(call?.headers['webhook-signature']).split(' ');
      const by = (secret: string | null) =>
        new Webhook(secret ?? '').sign(String(call?.headers['webhook-id']), at, call?.body ?? '');
      return [given.length, given.includes(by(old)), given.includes(by(fresh))];
    };
    expect(await signatures()).toEqual([2, true, true]);
    bench.clock.advance(DAY_MS);
    expect(await signatures()).toEqual([1, false, true]);
  });

  it('that is deleted is told of nothing, and what is open of it stops nothing', async () => {
    const bench = createWebhookBench();
    const { url, calls } = await receiver();
    const { id } = await bench.endpoint({ url });
    bench.notice();
    await bench.plan();
    await deleteEndpoint(bench.deps, id, bench.context());
    bench.notice();
    await bench.plan();
    await bench.send();
    await bench.wake([id]);
    expect(calls).toEqual([]);
    expect(bench.notices()).toEqual([]);
  });

  it('leaves the index of what is due once nothing was open for a while, and is in it again with the next event', async () => {
    const bench = createWebhookBench();
    const { url, calls } = await receiver();
    const { id } = await bench.endpoint({ url });
    bench.notice();
    await bench.plan();
    for (let minutes = 0; minutes < 18; minutes += 1) {
      await bench.send();
      bench.clock.advance(60_000);
    }
    expect(bench.standing(id).due_at).toBeNull();
    bench.notice();
    await bench.plan();
    await bench.send();
    expect(calls).toHaveLength(2);
  });
});
