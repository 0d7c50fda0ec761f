import { randomBytes, randomUUID } from 'node:crypto';
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { CLOSED_TTL_MS } from '#shared/platform/breaker/breaker.ts';
import { capturedMails } from '#test/support/captured-mails.ts';
import { awsOptions, callAsScheduled, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { listedCircuits } from '#test/support/open-circuit.ts';
import { startWebhookReceiver, verifiedWebhook, type WebhookReceiver } from '#test/support/webhook-receiver.ts';

const REASON = { reason: 'test of alerts' };
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
/** What no wake had told is told by the schedule, each minute. */
const TOLD_WITHIN_MS = 90_000;
/** Alerts of one run of this file, so that another that ran before on the same Haven is none of its business. */
const RUN = randomUUID().slice(0, 8);
const GOOD = { name: `good-${RUN}`, secret: newSecret() };
const BAD = { name: `bad-${RUN}`, secret: newSecret() };

let haven: LocalHaven;
let good: WebhookReceiver;
let bad: WebhookReceiver;

beforeAll(async () => {
  haven = localHaven();
  good = await startWebhookReceiver();
  bad = await startWebhookReceiver(() => ({ status: 503 }));
  await putWebhooks({
    [GOOD.name]: { url: good.url, signing_secret: GOOD.secret },
    [BAD.name]: { url: bad.url, signing_secret: BAD.secret },
  });
});
afterAll(async () => {
  await putWebhooks({});
  await Promise.all([good.close(), bad.close()]);
});

/** Puts the secret as an operator does, and has the function read it at once: a changed function begins anew. */
async function putWebhooks(webhooks: object): Promise<void> {
  const options = awsOptions(haven.info);
  await new SecretsManagerClient(options).send(
    new PutSecretValueCommand({ SecretId: 'haven/local/alert-webhooks', SecretString: JSON.stringify(webhooks) }),
  );
  await new LambdaClient(options).send(
    // To the same as before: a change of the description alone would leave warm processes, and what they keep for a minute.
    new UpdateFunctionConfigurationCommand({ FunctionName: 'haven-local-alert-notifier', MemorySize: 512 }),
  );
}

/** Does what operators must hear of. Returns what the alert of it names. */
async function revokeWallet(): Promise<string> {
  const { id } = await haven.client.createWallet({ body: { purpose: 'user' } });
  await haven.client.revokeWallet({ params: { id }, body: REASON });
  return id;
}

const payloadSchema = z.object({
  type: z.literal('alert.recorded'),
  data: z.object({ id: z.string(), severity: z.string(), stage: z.string(), dedupe_key: z.string() }),
});

const callsAbout = (receiver: WebhookReceiver, walletId: string) =>
  receiver.calls.filter(({ body }) => payloadSchema.parse(JSON.parse(body)).data.dedupe_key === `${walletId}#revoked`);

async function mailsAbout(walletId: string) {
  return (await capturedMails(haven)).filter(({ BodyText }) => BodyText.includes(walletId));
}

const circuit = (name: string) =>
  haven.client.getCircuitBreaker({ params: { name: `webhook:${name}` } }).catch(() => undefined);

/** Waits for a call about a wallet, which the stream of the table wakes the function for: no schedule is that quick. */
const arrives = (receiver: WebhookReceiver, walletId: string, withinMs = 20_000) =>
  eventually(`a webhook about ${walletId}`, async () => callsAbout(receiver, walletId)[0], withinMs);

it('an alert of a real action arrives by signed webhook and by mail within seconds, though another receiver fails', async () => {
  const walletId = await revokeWallet();
  const call = await arrives(good, walletId);
  const { id, timestampSeconds } = verifiedWebhook(call, GOOD.secret);
  expect(() => verifiedWebhook(call, BAD.secret)).toThrow('signature');
  expect(Math.abs(Date.now() / 1_000 - timestampSeconds)).toBeLessThan(60);
  expect(payloadSchema.parse(JSON.parse(call.body)).data).toMatchObject({ id, severity: 'CRITICAL', stage: 'local' });

  const mail = await eventually('the mail', async () => (await mailsAbout(walletId))[0], 10_000);
  expect(mail).toMatchObject({
    Source: 'alerts@haven.example',
    To: ['operators@haven.example'],
    Subject: '[CRITICAL] A wallet was revoked: it signs nothing any more (Haven local)',
  });
  expect(mail.BodyHtml).toContain(id);
});

/**
 * Has something told to the others. It counts only if the circuit was open, and not yet to be tried, from before until after it.
 *
 * @param wallets is given what was told
 * @param openedMs when the circuit had opened, at the latest; it has not closed since
 * @returns undefined: the circuit let a probe through meanwhile, or a process called that could not have heard of it
 */
async function toldWhileOpen(wallets: string[], openedMs: number): Promise<true | undefined> {
  const allKnow = Date.now() > openedMs + CLOSED_TTL_MS;
  const before = await circuit(BAD.name);
  const walletId = await revokeWallet();
  wallets.push(walletId);
  await arrives(good, walletId, TOLD_WITHIN_MS);
  await eventually('the mail', async () => (await mailsAbout(walletId))[0], TOLD_WITHIN_MS);
  const isCalled = callsAbout(bad, walletId).length > 0;
  const after = await circuit(BAD.name);
  const wasOpen = before?.status === 'open' && after?.status === 'open' && after.changed_at === before.changed_at;
  const isUntried = Date.now() < Date.parse(before?.retry_at ?? '');
  if (!wasOpen || !isUntried) return undefined;
  expect([allKnow, isCalled]).not.toEqual([true, true]);
  return isCalled ? undefined : true;
}

it('a receiver that keeps failing opens its circuit, which the API lists and resets; others go on, and it hears of everything', {
  timeout: 400_000,
}, async () => {
  const wallets: string[] = [];
  await eventually(
    'the open circuit',
    async () => {
      const walletId = await revokeWallet();
      wallets.push(walletId);
      await arrives(good, walletId, TOLD_WITHIN_MS);
      return (await circuit(BAD.name))?.status === 'open' ? true : undefined;
    },
    60_000,
  );
  const listed = await listedCircuits(haven);
  expect(listed.find(({ name }) => name === `webhook:${BAD.name}`)).toMatchObject({
    status: 'open',
    cause: 'DeliveryFailed (http_503)',
  });
  expect(listed.map(({ name }) => name)).not.toContain(`webhook:${GOOD.name}`);

  const openedMs = Date.now();
  const look = () => toldWhileOpen(wallets, openedMs);
  await eventually('an alert that is told while the circuit is open', look, 2 * CLOSED_TTL_MS);

  bad.answerWith(() => ({ status: 200 }));
  const params = { name: `webhook:${BAD.name}` };
  await haven.client.resetCircuitBreaker({ params, body: { reason: 'the receiver is mended' } });
  expect(await haven.client.getCircuitBreaker({ params })).toMatchObject({ status: 'closed' });
  for (const walletId of wallets) {
    await eventually(
      `what was held up about ${walletId}`,
      async () => {
        await callAsScheduled(haven, 'alert-notifier');
        return callsAbout(bad, walletId).find((call) => verifiedWebhook(call, BAD.secret).id !== '');
      },
      120_000,
      1_000,
    );
  }
  // Told again under the same id, never as something new, and to nobody else.
  for (const walletId of wallets) {
    expect(new Set(callsAbout(bad, walletId).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect([walletId, callsAbout(good, walletId).length, (await mailsAbout(walletId)).length]).toEqual([
      walletId,
      1,
      1,
    ]);
  }
});
