import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { signedBytesKey } from '#shared/transactions/ledger-items.ts';
import { transactionView } from '#shared/transactions/view.ts';
import { inProcess } from '#test/support/in-process.ts';
import { ended, eventually, fundedWallet, LANE_MS, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { startWebhookReceiver, type WebhookReceiver } from '#test/support/webhook-receiver.ts';

/** The schedules make events and send them within a minute, and each of the two in a moment where it is woken. */
const TOLD_MS = 90_000;
/** Until when what waits is to be signed: far enough that its request comes sooner. */
const VALID_MS = 15_000;
const RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
/** Of one run of this file. */
const RUN = randomUUID();
/** In calldata: what an integrator sent comes back to nobody. */
const CANARY = Buffer.from(`canary ${RUN}`).toString('hex');
const eventSchema = z.object({
  type: z.string(),
  timestamp: z.string(),
  data: transactionView.omit({ data: true }).strict(),
});
const headersSchema = z.record(z.string(), z.string());

let haven: LocalHaven;
let receiver: WebhookReceiver;
let endpoint: { readonly id: string; readonly secret: string };

beforeAll(async () => {
  haven = localHaven();
  receiver = await startWebhookReceiver();
  const made = await haven.client.createWebhookEndpoint({ body: { url: receiver.url, events: ['transaction.*'] } });
  endpoint = { id: made.id, secret: made.secret ?? '' };
});
afterAll(async () => {
  await haven.client.deleteWebhookEndpoint({ params: { id: endpoint.id } });
  await receiver.close();
});

/** What was told of a transaction, each message verified by the official library, in the order of its versions. */
function toldOf(id: string): z.output<typeof eventSchema>[] {
  const events = receiver.calls.map(({ headers, body }) =>
    eventSchema.parse(new Webhook(endpoint.secret).verify(body, headersSchema.parse(headers))),
  );
  return events.filter(({ data }) => data.id === id).toSorted((a, b) => a.data.version - b.data.version);
}

/** Until all of these were told, in whatever order they came. */
const told = (id: string, ...types: readonly string[]) =>
  eventually(
    `${types.join(' and ')} of ${id}`,
    async () => {
      const events = toldOf(id);
      return types.every((wanted) => events.some(({ type }) => type === wanted)) ? events : undefined;
    },
    TOLD_MS,
  );

const send = (walletId: string, change: object = {}) =>
  haven.client.createTransaction({
    body: {
      wallet_id: walletId,
      chain_id: haven.info.chainId,
      to: RECIPIENT,
      value: '1',
      tell_events: true,
      ...change,
    },
  });

it('what becomes of a transaction is told as it happens, to who verifies it with the official library', {
  timeout: 2 * (LANE_MS + TOLD_MS),
}, async () => {
  const wallet = await fundedWallet(haven);
  const reference = `told-${RUN}`;
  const sent = await send(wallet.id, { reference, data: `0x${CANARY}` });
  const shown = await ended(haven, sent.id);
  expect(shown.status).toBe('confirmed');
  const events = await told(sent.id, 'transaction.submitted', 'transaction.confirmed');
  expect(events.map(({ type, data }) => [type, data.status])).toEqual(
    expect.arrayContaining([
      ['transaction.submitted', 'submitted'],
      ['transaction.confirmed', 'confirmed'],
    ]),
  );
  const last = events.at(-1);
  const { data: _calldata, ...facts } = transactionView.parse(shown);
  expect(last?.data).toEqual(facts);
  expect(last?.data).toMatchObject({ reference, hash: shown.hash });
  // Neither what was sent along, nor the bytes that were signed.
  const { client } = await inProcess(haven);
  const row = await readItem(client, 'haven-local-ledger', signedBytesKey(sent.id, shown.hash ?? ''));
  const bytes = Buffer.from(z.object({ bytes: z.instanceof(Uint8Array) }).parse(row).bytes).toString('hex');
  const everything = receiver.calls.map(({ body }) => body).join('\n');
  expect(bytes).toContain(CANARY);
  for (const secret of [CANARY, bytes.slice(0, 40), endpoint.secret]) expect(everything).not.toContain(secret);
});

it('a transaction that somebody cancels, and one that comes too late, are told so', {
  timeout: 2 * (LANE_MS + TOLD_MS),
}, async () => {
  // Without coin: they wait in the queue.
  const [poor, late] = await Promise.all([1, 2].map(() => haven.client.createWallet({ body: { purpose: 'user' } })));
  const cancelled = await send(poor?.id ?? '');
  await haven.client.cancelTransaction({ params: { id: cancelled.id } });
  const validUntil = new Date(Date.now() + VALID_MS).toISOString();
  const expired = await send(late?.id ?? '', { valid_until: validUntil });
  expect((await told(cancelled.id, 'transaction.cancelled')).map(({ type }) => type)).toEqual([
    'transaction.cancelled',
  ]);
  await ended(haven, expired.id);
  const [event] = await told(expired.id, 'transaction.expired');
  expect(event?.data).toMatchObject({ status: 'expired', valid_until: validUntil, hash: null });
});

it('of a transaction of which nobody asked to be told nothing is stored, and nothing is told', {
  timeout: 2 * (LANE_MS + TOLD_MS),
}, async () => {
  const wallet = await fundedWallet(haven);
  const quiet = await send(wallet.id, { tell_events: undefined });
  await ended(haven, quiet.id);
  // What is asked for after it has been told of: so would this one.
  const loud = await send(wallet.id);
  await ended(haven, loud.id);
  await told(loud.id, 'transaction.submitted', 'transaction.confirmed');
  expect(toldOf(quiet.id)).toEqual([]);
});
