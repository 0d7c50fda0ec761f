import { randomBytes, randomUUID } from 'node:crypto';
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { capturedMails } from '#test/support/captured-mails.ts';
import { awsOptions, callAsScheduled, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { startWebhookReceiver, verifiedWebhook, type WebhookReceiver } from '#test/support/webhook-receiver.ts';

const REASON = { reason: 'test of alerts' };
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
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
const arrives = (receiver: WebhookReceiver, walletId: string) =>
  eventually(`a webhook about ${walletId}`, async () => callsAbout(receiver, walletId)[0], 20_000);

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

it('a receiver that keeps failing opens its circuit, which the API lists and resets; others go on, and it hears of everything', {
  timeout: 150_000,
}, async () => {
  const wallets: string[] = [];
  await eventually(
    'the open circuit',
    async () => {
      const walletId = await revokeWallet();
      wallets.push(walletId);
      await arrives(good, walletId);
      return (await circuit(BAD.name))?.status === 'open' ? true : undefined;
    },
    60_000,
  );
  const listed = await haven.client.listCircuitBreakers({ query: { limit: 100 } });
  expect(listed.data.find(({ name }) => name === `webhook:${BAD.name}`)).toMatchObject({
    status: 'open',
    cause: 'DeliveryFailed (http_503)',
  });
  expect(listed.data.map(({ name }) => name)).not.toContain(`webhook:${GOOD.name}`);

  const late = await revokeWallet();
  await arrives(good, late);
  await eventually('the mail', async () => (await mailsAbout(late))[0], 10_000);
  expect(callsAbout(bad, late)).toEqual([]);

  bad.answerWith(() => ({ status: 200 }));
  const params = { name: `webhook:${BAD.name}` };
  await haven.client.resetCircuitBreaker({ params, body: { reason: 'the receiver is mended' } });
  expect(await haven.client.getCircuitBreaker({ params })).toMatchObject({ status: 'closed' });
  for (const walletId of [...wallets, late]) {
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
