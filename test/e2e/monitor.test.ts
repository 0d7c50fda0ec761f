import { randomBytes, randomUUID } from 'node:crypto';
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueUrlCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadStage } from '#lib/load-stage.ts';
import { fund } from '#local/seed.ts';
import { conditionKey } from '#shared/monitors/condition-rows.ts';
import { createBreakers } from '#shared/platform/breaker/breaker.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import {
  awsOptions,
  callAsScheduled,
  ended,
  eventually,
  fundedWallet,
  type LocalHaven,
  localHaven,
} from '#test/support/local-haven.ts';
import { startWebhookReceiver, verifiedWebhook, type WebhookReceiver } from '#test/support/webhook-receiver.ts';

const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const { monitors } = loadStage('local');
const MINUTE_MS = 60_000;
/** Nobody else's: no test has stock looked over by a schedule that fails. */
const DEAD_LETTERS = 'haven-local-stock-schedule-dlq';
/** What the design allows from a notice to its arrival, and as much again for a machine that is busy. */
const ARRIVES_MS = 20_000;

let haven: LocalHaven;
let parts: InProcess;
let receiver: WebhookReceiver;

beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
  receiver = await startWebhookReceiver();
  await putWebhooks({ [`monitor-${randomUUID().slice(0, 8)}`]: { url: receiver.url, signing_secret: SECRET } });
});
afterAll(async () => {
  await putWebhooks({});
  await receiver.close();
});

/** Puts the secret as an operator does, and has the function read it at once: a changed function begins anew. */
async function putWebhooks(webhooks: object): Promise<void> {
  const options = awsOptions(haven.info);
  await new SecretsManagerClient(options).send(
    new PutSecretValueCommand({ SecretId: 'haven/local/alert-webhooks', SecretString: JSON.stringify(webhooks) }),
  );
  await new LambdaClient(options).send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'haven-local-alert-notifier', MemorySize: 512 }),
  );
}

const payloadSchema = z.object({
  data: z.object({
    severity: z.string(),
    category: z.string(),
    dedupe_key: z.string(),
    details: z.looseObject({ condition: z.string().optional(), notice: z.string().optional() }),
  }),
});
const mailSchema = z.object({ Subject: z.string(), BodyText: z.string() });

/** What the receiver was told of a condition, in order of the notices; every signature verified. */
function noticesOf(key: string) {
  return receiver.calls
    .map((call) => {
      verifiedWebhook(call, SECRET);
      return payloadSchema.parse(JSON.parse(call.body)).data;
    })
    .filter(({ details }) => details.condition === key)
    .toSorted((a, b) => (a.dedupe_key < b.dedupe_key ? -1 : 1));
}

async function mailsAbout(text: string) {
  const answer = await fetch(`${haven.info.awsEndpointUrl}/_ministack/ses/messages`);
  const { messages } = z.object({ messages: z.record(z.string(), z.array(z.unknown())) }).parse(await answer.json());
  return Object.values(messages)
    .flat()
    .flatMap((message) => mailSchema.safeParse(message).data ?? [])
    .filter(({ BodyText }) => BodyText.includes(text));
}

const look = () => callAsScheduled(haven, 'monitor');

/** Waits until a condition was told in these ways, by webhook and by mail. The schedule looks each minute; so does this, more often. */
async function isTold(key: string, notices: readonly string[]): Promise<void> {
  await eventually(
    `${key}: ${notices.join(', ')}`,
    async () => {
      await look();
      return noticesOf(key).length >= notices.length ? true : undefined;
    },
    ARRIVES_MS + 2 * MINUTE_MS,
    2_000,
  );
  expect(noticesOf(key).map(({ details }) => details.notice)).toEqual(notices);
  const mails = await eventually(
    `mails about ${key}`,
    async () => {
      const found = (await mailsAbout(key)).filter(({ BodyText }) => BodyText.includes('number_of_notice'));
      return found.length >= notices.length ? found : undefined;
    },
    ARRIVES_MS,
  );
  expect(mails).toHaveLength(notices.length);
}

/** Lets a cool-down pass: as if the condition had been told that much earlier. */
async function letCoolDownPass(key: string): Promise<void> {
  await parts.client.send(
    new UpdateCommand({
      TableName: parts.tables.logs,
      Key: conditionKey(key),
      UpdateExpression: 'SET told.#at = :at',
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: { ':at': isoTime(Date.now() - monitors.cool_down_minutes * MINUTE_MS) },
    }),
  );
}

const laneOf = (address: string) => `${haven.info.chainId}#${address.toLowerCase()}`;

/** Side by side: each watches something of its own. */
describe.concurrent('is told by mail and signed webhook, repeated by the cool-down only, and resolved:', () => {
  it('a transaction that gets stuck', { timeout: 400_000 }, async () => {
    const wallet = await fundedWallet(haven);
    const cap = (wei: string) => haven.client.putPolicy({ params: { id: wallet.id }, body: { max_fee_per_gas: wei } });
    await cap('1');
    const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: TO, value: '1' };
    const { id } = await haven.client.createTransaction({ body });
    const key = `transactions_pending:${laneOf(wallet.address)}`;
    await isTold(key, ['opened']);
    expect(noticesOf(key)).toMatchObject([
      { category: 'transaction_pending', details: { wallet_id: wallet.id, transactions: [{ transaction_id: id }] } },
    ]);
    await look();
    await look();
    expect(noticesOf(key)).toHaveLength(1);
    await letCoolDownPass(key);
    await isTold(key, ['opened', 'repeated']);
    await cap('500000000000');
    expect((await ended(haven, id, 120_000)).status).toBe('confirmed');
    await isTold(key, ['opened', 'repeated', 'resolved']);
  });

  it('a low balance, whose begin its lane tells', { timeout: 300_000 }, async () => {
    const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
    const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: TO, value: '1' };
    const { id } = await haven.client.createTransaction({ body });
    const key = `balances_low:${laneOf(wallet.address)}`;
    await eventually(
      'the alert of the lane',
      async () => (await mailsAbout(wallet.id)).find(({ Subject }) => Subject.includes('too little')),
      60_000,
    );
    await look();
    expect(noticesOf(key)).toEqual([]);
    await letCoolDownPass(key);
    await isTold(key, ['repeated']);
    await fund(haven.info.rpcUrl, wallet.address, '1');
    expect((await ended(haven, id, 120_000)).status).toBe('confirmed');
    await isTold(key, ['repeated', 'resolved']);
    expect(noticesOf(key).map(({ category, severity }) => `${category} ${severity}`)).toEqual([
      'balance_low ERROR',
      'balance_low INFO',
    ]);
  });

  it('an open circuit', { timeout: 300_000 }, async () => {
    const name = `test:${randomUUID()}`;
    const breakers = createBreakers({
      store: createBreakerStore(parts.client, parts.tables.ephemeral, systemClock),
      policy: DEFAULT_POLICY,
      clock: systemClock,
      newProbeId: randomUUID,
      log: createRecordingLog().log,
      metrics: createRecordingMetrics().metrics,
    });
    for (let failures = 0; failures < DEFAULT_POLICY.failures; failures += 1) {
      const admission = await breakers.of(name).admit();
      if (admission.admitted) await breakers.of(name).failed(admission.permit, 'down');
    }
    await isTold(`circuits:${name}`, ['opened']);
    expect(noticesOf(`circuits:${name}`)).toMatchObject([
      { category: 'circuit_open', details: { circuit: name, cause: 'down' } },
    ]);
    await letCoolDownPass(`circuits:${name}`);
    await isTold(`circuits:${name}`, ['opened', 'repeated']);
    await haven.client.resetCircuitBreaker({ params: { name }, body: { reason: 'a test of the monitor' } });
    await isTold(`circuits:${name}`, ['opened', 'repeated', 'resolved']);
  });

  it('a dead letter', { timeout: 300_000 }, async () => {
    const sqs = new SQSClient(awsOptions(haven.info));
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: DEAD_LETTERS }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
    const key = `dead_letters:${DEAD_LETTERS}`;
    await isTold(key, ['opened']);
    await letCoolDownPass(key);
    await isTold(key, ['opened', 'repeated']);
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    await isTold(key, ['opened', 'repeated', 'resolved']);
  });
});
