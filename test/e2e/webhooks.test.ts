import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { callAsScheduled, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { type ReceivedWebhook, startWebhookReceiver, type WebhookReceiver } from '#test/support/webhook-receiver.ts';

/** Of one run of this file, so that another on the same Haven is none of its business. */
const RUN = randomUUID().slice(0, 8);
const SKU = `HOOK-${RUN.toUpperCase()}`;
/** The schedules make events and send them within a minute, and each of the two in a moment where it is woken. */
const TOLD_MS = 90_000;
/** What nobody asks to be told of, as has to be done for each transaction: a receiver of it hears of its own tests alone. */
const NOTHING = ['transaction.reverted'];
const bodySchema = z.object({ type: z.string(), data: z.object({ id: z.string().optional() }).loose() });
const headersSchema = z.record(z.string(), z.string());

let haven: LocalHaven;
const receivers: WebhookReceiver[] = [];
const endpoints: string[] = [];

beforeAll(async () => {
  haven = localHaven();
  await haven.client.createProduct({
    body: { sku: SKU, name: 'A thing to tell of', price: { amount: '1000', currency: 'USD' }, stock: 500 },
  });
  await callAsScheduled(haven, 'deposit-pool');
});
afterAll(async () => {
  await Promise.all(endpoints.map((id) => haven.client.deleteWebhookEndpoint({ params: { id } })));
  await Promise.all(receivers.map((receiver) => receiver.close()));
});

async function hooked(answer?: Parameters<typeof startWebhookReceiver>[0], events: string[] = ['order.*']) {
  const receiver = await startWebhookReceiver(answer);
  receivers.push(receiver);
  const made = await haven.client.createWebhookEndpoint({ body: { url: receiver.url, events } });
  endpoints.push(made.id);
  return { receiver, id: made.id, secret: made.secret ?? '' };
}

/** Places an order, as a customer does. */
async function placeOrder(): Promise<string> {
  const cart = await haven.client.createCart();
  const token = cart.token ?? '';
  const params = { id: cart.id };
  const { total } = await haven.client.setCartLine({ params: { ...params, sku: SKU }, token, body: { quantity: 1 } });
  const body = {
    chain_id: haven.info.chainId,
    asset: 'ETH',
    email: `ada-${RUN}@canary.example`,
    expected_total: total,
  };
  const order = await haven.client.checkOut({ params, token, body });
  return order.id;
}

const callsAbout = (receiver: WebhookReceiver, orderId: string) =>
  receiver.calls.filter(({ body }) => bodySchema.parse(JSON.parse(body)).data.id === orderId);

const arrives = (receiver: WebhookReceiver, orderId: string) =>
  eventually(
    `a webhook about ${orderId}`,
    async () => {
      const calls = callsAbout(receiver, orderId);
      return calls.length > 0 ? calls : undefined;
    },
    TOLD_MS,
  );

const verified = (secret: string, { headers, body }: ReceivedWebhook) =>
  bodySchema.parse(new Webhook(secret).verify(body, headersSchema.parse(headers)));

it('an order is told, signed as the official library verifies, to who works, though another hangs', {
  timeout: 4 * TOLD_MS,
}, async () => {
  const good = await hooked();
  const hanging = await hooked(() => ({ hang: true }));
  const [call] = await arrives(good.receiver, await placeOrder());
  if (call === undefined) throw new Error('There is no call');
  expect(verified(good.secret, call)).toMatchObject({ type: 'order.created' });
  expect(() => verified(hanging.secret, call)).toThrow();
  expect(call.body).not.toMatch(/canary|token_hash/);

  // Whoever's order it is: once it hangs it is left alone for a while.
  await eventually('a call that hangs', async () => hanging.receiver.calls[0], TOLD_MS);
  await arrives(good.receiver, await placeOrder());
  const { data } = await haven.client.listWebhookDeliveries({ params: { id: good.id }, query: { limit: 100 } });
  // Others' orders may be on their way at any moment.
  const ended = data.filter(({ status }) => status !== 'pending');
  expect(ended.filter(({ status }) => status !== 'delivered')).toEqual([]);
  expect(ended.length).toBeGreaterThan(0);
});

it('a test is sent, its delivery made again by hand and by range, and signed with both secrets after a rotation', {
  timeout: 6 * TOLD_MS,
}, async () => {
  const { receiver, id, secret } = await hooked(undefined, NOTHING);
  const since = new Date(Date.now() - 60_000).toISOString();
  const sent = await haven.client.testWebhookEndpoint({ params: { id } });
  const reached = (count: number) =>
    eventually(`call ${count}`, async () => (receiver.calls.length >= count ? receiver.calls : undefined), TOLD_MS);
  await reached(1);
  const ended = () =>
    eventually(
      'the end of the delivery',
      async () => {
        const { data } = await haven.client.listWebhookDeliveries({ params: { id }, query: { status: 'delivered' } });
        return data.find((one) => one.id === sent.id);
      },
      TOLD_MS,
    );
  expect(await ended()).toMatchObject({
    event_type: 'webhook.test',
    attempts: 1,
    calls: [{ status: 204, error: null }],
  });
  const { secret: fresh } = await haven.client.rotateWebhookSecret({ params: { id } });
  await haven.client.redeliverWebhookDelivery({ params: { id: sent.id } });
  const [, second] = await reached(2);
  if (second === undefined) throw new Error('There is no second call');
  verified(secret, second);
  verified(fresh ?? '', second);
  await ended();
  await haven.client.redeliverWebhookEndpoint({ params: { id }, body: { since, status: 'all' } });
  await callAsScheduled(haven, 'webhook-sender');
  const calls = await reached(3);
  expect(await haven.client.verifyAudit({ body: { webhook_endpoint_id: id } })).toMatchObject({ verified: true });
  expect(new Set(calls.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([sent.event_id]));
});
