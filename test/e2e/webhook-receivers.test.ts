import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { type ReceiverAnswer, startWebhookReceiver, type WebhookReceiver } from '#test/support/webhook-receiver.ts';

/** Longer than a call that hangs, and the stage's first waits, take; and than the schedule, which sends what nobody was woken for, each minute. */
const WITHIN_MS = 90_000;
/** What nobody beside this file asks to be told of, as has to be done for each transaction: each receiver hears of its own tests alone. */
const EVENTS = ['transaction.reverted'];
const headersSchema = z.record(z.string(), z.string());

let haven: LocalHaven;
/** Where the redirect leads: to an address that is not public, and that this stage would let be called. */
let elsewhere: WebhookReceiver;
const receivers: WebhookReceiver[] = [];
const endpoints: string[] = [];

beforeAll(async () => {
  haven = localHaven();
  elsewhere = await startWebhookReceiver();
  receivers.push(elsewhere);
});
afterAll(async () => {
  await Promise.all(endpoints.map((id) => haven.client.deleteWebhookEndpoint({ params: { id } })));
  await Promise.all(receivers.map((receiver) => receiver.close()));
});

/** An endpoint at a new receiver. */
async function endpointAt(answer: (call: number) => ReceiverAnswer) {
  const receiver = await startWebhookReceiver(answer);
  receivers.push(receiver);
  const { id, secret } = await haven.client.createWebhookEndpoint({ body: { url: receiver.url, events: EVENTS } });
  endpoints.push(id);
  return { id, secret: secret ?? '', receiver };
}

/** Sends a test event to an endpoint. */
async function tested(endpoint: Awaited<ReturnType<typeof endpointAt>>) {
  const { id } = endpoint;
  const sent = await haven.client.testWebhookEndpoint({ params: { id } });
  const delivery = async () => {
    const { data } = await haven.client.listWebhookDeliveries({ params: { id }, query: { limit: 100 } });
    const [found, ...others] = data.filter((one) => one.event_id === sent.event_id);
    if (found === undefined || others.length > 0) throw new Error(`There are ${data.length} deliveries`);
    return found;
  };
  return { ...endpoint, eventId: sent.event_id, delivery };
}

/** Every call is of the same event, signed as the official library verifies. */
function expectSigned({ receiver, secret, eventId }: Awaited<ReturnType<typeof tested>>): void {
  for (const { headers, body } of receiver.calls) {
    expect(headers['webhook-id']).toBe(eventId);
    expect(new Webhook(secret).verify(body, headersSchema.parse(headers))).toMatchObject({ type: 'webhook.test' });
  }
}

/** When a call had ended, by its record; milliseconds since the Unix epoch. */
function endOf(call: { readonly at: string; readonly duration_ms: number } | undefined): number {
  if (call === undefined) throw new Error('There was no call');
  return Date.parse(call.at) + call.duration_ms;
}

const ok = { status: 204 };
const taken = { status: 204, error: null };

/** What the calls to each receiver come to, in order; and what becomes of the delivery once they were made. */
const RECEIVERS = [
  {
    name: 'fails three times, then works: called again until it takes it',
    answer: (call: number): ReceiverAnswer => (call <= 3 ? { status: 500, body: 'not now' } : ok),
    calls: [...Array.from({ length: 3 }, () => ({ status: 500, error: 'http_500' })), taken],
    ends: { status: 'delivered', attempts: 4, last_error: null },
  },
  {
    name: 'closes in the middle of its answer, then works: called again',
    answer: (call: number): ReceiverAnswer => (call === 1 ? { closeMidBody: true } : ok),
    calls: [{ status: null, error: 'cut_off' }, taken],
    ends: { status: 'delivered', attempts: 2, last_error: null },
  },
  {
    name: 'answers 301 to a private address, then works: not followed, called again',
    answer: (call: number): ReceiverAnswer => (call === 1 ? { redirectTo: elsewhere.url } : ok),
    calls: [{ status: 301, error: 'redirected' }, taken],
    ends: { status: 'delivered', attempts: 2, last_error: null },
  },
  {
    name: 'answers with 10 MB: taken, of which the beginning is kept',
    answer: (): ReceiverAnswer => ({ megabytes: 10 }),
    calls: [{ status: 200, error: null }],
    ends: { status: 'delivered', attempts: 1, response_excerpt: 'x'.repeat(1_024) },
  },
  {
    name: 'answers 410: called once, and disabled',
    answer: (): ReceiverAnswer => ({ status: 410 }),
    calls: [{ status: 410, error: 'gone' }],
    ends: { status: 'failed', next_attempt_at: null, last_error: 'gone' },
    endpoint: { enabled: false, disabled_reason: 'gone' },
  },
  {
    name: 'hangs: given up after ten seconds, and left alone',
    answer: (): ReceiverAnswer => ({ hang: true }),
    calls: [{ status: null, error: 'timed_out' }],
    ends: { status: 'pending', attempts: 1, last_error: 'timed_out' },
    endpoint: { enabled: true, held_until: expect.stringMatching(/^20/), failing_since: expect.stringMatching(/^20/) },
  },
] as const;

describe('a receiver that', () => {
  it.concurrent.each(RECEIVERS)('$name', { timeout: 2 * WITHIN_MS }, async ({ answer, calls, ends, ...rest }) => {
    const bad = await tested(await endpointAt(answer));
    const delivery = await eventually(
      `${calls.length} calls on record`,
      async () => {
        const found = await bad.delivery();
        return found.calls.length >= calls.length ? found : undefined;
      },
      WITHIN_MS,
    );
    expect(delivery.calls).toMatchObject(calls);
    expect(delivery).toMatchObject(ends);
    expectSigned(bad);
    expect(bad.receiver.calls).toHaveLength(calls.length);
    if ('endpoint' in rest) {
      const look = async () => {
        const endpoint = await haven.client.getWebhookEndpoint({ params: { id: bad.id } });
        return endpoint.enabled && endpoint.failing_since === null ? undefined : endpoint;
      };
      expect(await eventually('how the endpoint stands', look, WITHIN_MS)).toMatchObject(rest.endpoint);
    }
    expect(elsewhere.calls).toEqual([]);
  });

  it.concurrent('works is told at once, while calls to others hang', { timeout: 4 * WITHIN_MS }, async () => {
    const endpoint = await endpointAt(() => ok);
    const hanging = await tested(await endpointAt(() => ({ hang: true })));
    await eventually('a call that hangs', async () => hanging.receiver.calls[0], WITHIN_MS);
    const good = await tested(endpoint);
    const look = async () => ((await good.delivery()).status === 'delivered' ? good.delivery() : undefined);
    const told = await eventually('the delivery', look, WITHIN_MS);
    expect(told).toMatchObject({ attempts: 1, calls: [taken] });
    expectSigned(good);
    // That call ended later: what was delivered meanwhile waited for none like it.
    const hung = await eventually('the end of the call', async () => (await hanging.delivery()).calls[0], WITHIN_MS);
    expect(hung).toMatchObject({ status: null, error: 'timed_out' });
    expect(endOf(told.calls[0])).toBeLessThan(endOf(hung));
  });
});
