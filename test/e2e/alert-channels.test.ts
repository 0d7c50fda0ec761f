import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { startWebhookReceiver, verifiedWebhook, type WebhookReceiver } from '#test/support/webhook-receiver.ts';

/** Channels of one run of this file, so that others are none of its business. */
const RUN = randomUUID().slice(0, 8);
const MAILED = `night-${RUN}@haven.example`;
/** What no wake had told is told by the schedule, each minute. */
const TOLD_WITHIN_MS = 90_000;
const CANARY = `canary-${RUN}`;

let haven: LocalHaven;
let receiver: WebhookReceiver;
const made: string[] = [];

beforeAll(async () => {
  haven = localHaven();
  receiver = await startWebhookReceiver();
});
afterAll(async () => {
  for (const id of made) await haven.client.deleteAlertChannel({ params: { id } }).catch(() => undefined);
  await receiver.close();
});

type NewChannel = Parameters<LocalHaven['client']['createAlertChannel']>[0]['body'];

async function channel(body: NewChannel) {
  const created = await haven.client.createAlertChannel({ body });
  made.push(created.id);
  return created;
}

const deliveryOf = async (alertId: string, name: string) =>
  (await haven.client.getAlert({ params: { id: alertId } })).deliveries.find((one) => one.channel === name);

/** Waits until what came of telling a channel is known. */
const ended = (alertId: string, name: string) =>
  eventually(
    `the delivery of ${alertId} to ${name}`,
    async () => {
      const delivery = await deliveryOf(alertId, name);
      return delivery?.ended_at == null ? undefined : delivery;
    },
    TOLD_WITHIN_MS,
  );

/** By the ULID of the alert: what stands before it has a character that Discord is told to show as it is. */
const callAbout = (alertId: string, path: string) =>
  receiver.calls.find(({ body, path: called }) => called === path && body.includes(alertId.slice('alr_'.length)));

it.each([
  ['slack', '"type":"header"'],
  ['discord', '"allowed_mentions":{"parse":[]}'],
] as const)(
  'a test of a channel of type %s arrives in its format, and nothing shows its URL again',
  async (type, mark) => {
    const path = `/${type}/${CANARY}`;
    const url = `http://127.0.0.1:${receiver.port}${path}`;
    const { id, channel: name, host } = await channel({ name: `${type} ${RUN}`, type, url, min_severity: 'CRITICAL' });
    expect(host).toBe(`127.0.0.1:${receiver.port}`);
    const alert = await haven.client.testAlertChannel({ params: { id } });
    expect(await ended(alert.id, name)).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(callAbout(alert.id, path)?.body).toContain(mark);
    const shown = [
      await haven.client.getAlertChannel({ params: { id } }),
      await haven.client.listAlertChannels({ query: { limit: 100 } }),
      await haven.client.getAlert({ params: { id: alert.id } }),
    ];
    expect(JSON.stringify(shown)).not.toContain(CANARY);
    expect((await haven.client.getAlert({ params: { id: alert.id } })).deliveries).toHaveLength(1);
    const verified = await haven.client.verifyAudit({ body: { alert_channel_id: id } });
    expect(verified).toMatchObject({ verified: true, first_break: null });
  },
);

it('a generic channel is signed with the secret that was shown once, and hears of what it wants to only', async () => {
  const path = `/generic/${RUN}`;
  const url = `http://127.0.0.1:${receiver.port}${path}`;
  const {
    id,
    channel: name,
    signing_secret,
  } = await channel({
    name: `generic ${RUN}`,
    type: 'webhook',
    url,
    categories: ['system_test'],
    min_severity: 'WARNING',
  });
  const quiet = await haven.client.testAlerts({ body: { severity: 'INFO' } });
  const told = await haven.client.testAlerts({ body: { severity: 'ERROR' } });
  await ended(told.id, name);
  const call = callAbout(told.id, path);
  if (call === undefined) throw new Error('It was not called');
  expect(verifiedWebhook(call, signing_secret ?? '').id).toBe(told.id);
  // The stage's own mail hears of both, so that the one below what this channel wants was worked as well.
  await ended(quiet.id, 'email');
  expect(await deliveryOf(quiet.id, name)).toBeUndefined();
  expect(callAbout(quiet.id, path)).toBeUndefined();
  expect(await haven.client.getAlertChannel({ params: { id } })).not.toHaveProperty('signing_secret');
  const rotated = await haven.client.rotateAlertChannelSecret({ params: { id } });
  const later = await haven.client.testAlertChannel({ params: { id } });
  await ended(later.id, name);
  const signed = callAbout(later.id, path);
  if (signed === undefined) throw new Error('It was not called again');
  for (const secret of [signing_secret, rotated.signing_secret])
    expect(verifiedWebhook(signed, secret ?? '').id).toBe(later.id);
});

it('a channel of mail mails to its own addresses, and one that the stage does not allow is refused', async () => {
  const { id, channel: name } = await channel({ name: `mail ${RUN}`, type: 'email', addresses: [MAILED] });
  const alert = await haven.client.testAlertChannel({ params: { id } });
  expect(await ended(alert.id, name)).toMatchObject({ status: 'delivered' });
  const answer = await fetch(`${haven.info.awsEndpointUrl}/_ministack/ses/messages`);
  const { messages } = z.object({ messages: z.record(z.string(), z.array(z.unknown())) }).parse(await answer.json());
  const mails = Object.values(messages).flatMap((list) => list.map((mail) => JSON.stringify(mail)));
  const [mail = ''] = mails.filter((text) => text.includes(MAILED) && text.includes(alert.id));
  expect(mail).toContain('#system_test');
  await expect(channel({ name: 'x', type: 'email', addresses: ['x@elsewhere.example'] })).rejects.toThrow();
});

it('an alert is listed by what it is, acknowledged, counted, and the acknowledgement is on its audit stream', async () => {
  const { id } = await haven.client.testAlerts({ body: { severity: 'WARNING' } });
  await ended(id, 'email');
  const query = { category: 'system_test', status: 'open', severity: 'WARNING', limit: 100 } as const;
  const listed = async (status: 'open' | 'acknowledged') =>
    (await haven.client.listAlerts({ query: { ...query, status } })).data.map((alert) => alert.id);
  expect(await listed('open')).toContain(id);
  const acknowledged = await haven.client.acknowledgeAlert({ params: { id }, body: { note: 'seen' } });
  expect(acknowledged).toMatchObject({ status: 'acknowledged', acknowledged: { note: 'seen' } });
  await eventually('the index', async () => ((await listed('acknowledged')).includes(id) ? true : undefined), 5_000);
  expect(await listed('open')).not.toContain(id);
  expect(await haven.client.verifyAudit({ body: { alert_id: id } })).toMatchObject({ verified: true, entries: 2 });
  const stats = await haven.client.showAlertStats({ query: {} });
  expect(stats.alerts.by_category.system_test).toBeGreaterThanOrEqual(1);
  const mail = stats.by_channel.find((one) => one.channel === 'email');
  expect(mail?.delivered).toBeGreaterThanOrEqual(1);
  expect(mail?.latency_ms?.p95).toBeGreaterThan(0);
});

it('a channel that wants no more is told of to the others, and not to itself', async () => {
  const gone = await startWebhookReceiver(() => ({ status: 410 }));
  const other = `/watch/${RUN}`;
  const watcher = await channel({
    name: `watch ${RUN}`,
    type: 'webhook',
    url: `http://127.0.0.1:${receiver.port}${other}`,
    categories: ['alarm'],
  });
  const bad = await channel({
    name: `gone ${RUN}`,
    type: 'discord',
    url: gone.url,
    categories: ['system_test', 'alarm'],
  });
  const alert = await haven.client.testAlerts({ body: { severity: 'INFO' } });
  expect(await ended(alert.id, bad.channel)).toMatchObject({ status: 'given_up', last_error: 'gone', attempts: 1 });
  const call = await eventually(
    'the alert about it',
    async () =>
      receiver.calls.find(({ path, body }) => path === other && body.includes(`alert-channel#${bad.channel}`)),
    TOLD_WITHIN_MS,
  );
  const about = z.object({ data: z.object({ id: z.string() }) }).parse(JSON.parse(call.body)).data.id;
  expect(await ended(about, watcher.channel)).toMatchObject({ status: 'delivered' });
  expect(await deliveryOf(about, bad.channel)).toBeUndefined();
  expect(gone.calls.filter(({ body }) => body.includes(about))).toEqual([]);
  await gone.close();
});
