import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { parseEther } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '#local/instance.ts';
import { fund } from '#local/seed.ts';
import { addressOf } from '#shared/custody/private-key.ts';
import { capturedMails } from '#test/support/captured-mails.ts';
import { KEY_ENCODINGS } from '#test/support/fakes/key-encodings.ts';
import { everywhere, files } from '#test/support/haystacks.ts';
import { awsOptions, clientWith, ended, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { secretsIn, secretValues } from '#test/support/stage-secrets.ts';
import { startWebhookReceiver } from '#test/support/webhook-receiver.ts';

const PROVISIONER = 'haven-local-wallet-provisioner';
/** What the owner of this machine looks the first key and the endpoint up in. */
const SETTINGS_FILE = 'file local.json';
/** What no wake had told is told by the schedule, each minute. */
const TOLD_WITHIN_MS = 90_000;
const RECIPIENT = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';

let haven: LocalHaven;
let lambda: LambdaClient;
let folder: string;
let stockEnvironment: Record<string, string> = {};

async function setEnvironment(variables: Record<string, string>): Promise<void> {
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: PROVISIONER, Environment: { Variables: variables } }),
  );
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30 }, { FunctionName: PROVISIONER });
}

beforeAll(async () => {
  haven = localHaven();
  lambda = new LambdaClient(awsOptions(haven.info));
  folder = mkdtempSync(join(tmpdir(), 'haven-key-tap-'));
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: PROVISIONER }));
  stockEnvironment = Environment?.Variables ?? {};
  await setEnvironment({
    ...stockEnvironment,
    NODE_OPTIONS: `--import=${join(ROOT, 'test/support/processes/key-tap.mjs')}`,
    KEY_TAP_FILE: join(folder, 'keys'),
  });
});

afterAll(async () => {
  await setEnvironment(stockEnvironment);
  rmSync(folder, { recursive: true, force: true });
});

describe('a plaintext key', () => {
  it('known by intercepting its generation is found in no table, queue, log, template, setting, secret or file', async () => {
    const wallets: { readonly id: string; readonly address: string }[] = [];
    for (const purpose of ['user', 'treasury', 'deposit'] as const) {
      wallets.push(await haven.client.createWallet({ body: { purpose, label: 'canary' } }));
    }
    const keys = readFileSync(join(folder, 'keys'), 'utf8')
      .trim()
      .split('\n')
      .map((hex) => Buffer.from(hex, 'hex'))
      .filter((bytes) => wallets.some(({ address }) => address === addressOf(bytes)));
    // The tap works: these are the very keys. (Other draws of this size are the ciphertexts' own salts, and public.)
    expect(keys.map(addressOf)).toEqual(wallets.map(({ address }) => address));
    await useEveryPath(wallets[0]?.id ?? '', wallets[0]?.address ?? '');

    const haystacks = [...(await everywhere(haven.info)), ...files(haven.instance.directory)];
    expect(haystacks.length).toBeGreaterThan(30);
    const needles = keys.flatMap((key) => Object.values(KEY_ENCODINGS).map((encode) => encode(key.toString('hex'))));
    const found = haystacks.flatMap(({ where, text }) =>
      needles.filter((needle) => text.includes(needle)).map(() => where),
    );
    expect(found).toEqual([]);
  });

  it('would be found: the search sees a value that is really there, wherever it looks', async () => {
    const { treasuryWalletId, adminApiKey } = haven.info;
    const canary = `canary ${treasuryWalletId}`;
    const sqs = new SQSClient(awsOptions(haven.info));
    // A queue that nothing consumes.
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'haven-local-lane-schedule-dlq' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: canary }));
    const cleanUp = await hideInOldVersion(canary);
    const known: Readonly<Record<string, string>> = {
      table: treasuryWalletId,
      queue: canary,
      log: treasuryWalletId,
      template: 'haven-local-ledger',
      function: 'haven-local-ledger',
      secret: adminApiKey,
      object: canary,
      file: treasuryWalletId,
    };
    const haystacks = [...(await everywhere(haven.info)), ...files(haven.instance.directory)];
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    await cleanUp();
    const seen = Object.entries(known).filter(([kind, needle]) =>
      haystacks.some(({ where, text }) => where.startsWith(`${kind} `) && text.includes(needle)),
    );
    expect(seen.map(([kind]) => kind)).toEqual(Object.keys(known));
  });
});

describe('a secret of the stage, or one that it has issued', () => {
  it('is in no table, queue, log, template, setting, object, file, mail or webhook: neither before nor after it was used', async () => {
    const receiver = await startWebhookReceiver();
    const path = `/services/${randomUUID()}`;
    const { client } = haven;
    const channel = (name: string, type: 'slack' | 'webhook', url: string) =>
      client.createAlertChannel({ body: { name: `canary ${name}`, type, url } });
    const slack = await channel('slack', 'slack', receiver.url.replace('/hook', path));
    const webhook = await channel('webhook', 'webhook', receiver.url);
    const endpoint = await client.createWebhookEndpoint({ body: { url: receiver.url, events: ['*'] } });
    const rotated = await client.rotateWebhookSecret({ params: { id: endpoint.id } });
    const { key } = await client.createApiKey({ body: { name: 'canary', scopes: ['transactions:read'] } });
    await clientWith(haven.info, key ?? '').listTransactions({ query: { limit: 1 } });
    const { id } = await client.createWallet({ body: { purpose: 'user' } });
    await client.revokeWallet({ params: { id }, body: { reason: 'a search for secrets' } });
    const { event_id } = await client.testWebhookEndpoint({ params: { id: endpoint.id } });
    const about = [id, endpoint.id];
    const received = () =>
      receiver.calls.map((call) => ({ where: `webhook ${call.path}`, text: JSON.stringify(call) }));
    await eventually(
      'an alert by both channels and by mail, and an event',
      async () => {
        const told = [
          ...received(),
          ...(await capturedMails(haven)).map(({ BodyText: text }) => ({ where: 'mail', text })),
        ];
        const isTold = (place: string, of: string) =>
          told.some(({ where, text }) => where === place && text.includes(of));
        const alerted = [`webhook ${path}`, 'webhook /hook', 'mail'].every((place) => isTold(place, id));
        return alerted && isTold('webhook /hook', event_id) ? true : undefined;
      },
      TOLD_WITHIN_MS,
    );
    const issued = [webhook.signing_secret, endpoint.secret, rotated.secret].map((value, index) => ({
      name: `signing secret ${index + 1}`,
      value: value ?? '',
    }));
    expect(issued.map(({ value }) => value.startsWith('whsec_'))).toEqual([true, true, true]);
    const used = [
      { name: 'the URL of Slack', value: path },
      { name: 'an API key', value: key ?? 'none' },
    ];
    const secrets = [...(await secretValues(haven.info)), ...issued, ...used];
    expect(secrets.length).toBeGreaterThan(10);

    const haystacks = [...(await everywhere(haven.info)), ...files(haven.instance.directory), ...received()];
    for (const channel of [slack, webhook]) await client.deleteAlertChannel({ params: { id: channel.id } });
    await client.deleteWebhookEndpoint({ params: { id: endpoint.id } });
    await receiver.close();
    // The search sees each of the places in which it is told.
    const seen = ['table haven-local-notify', 'table haven-local-logs', 'mail all', 'webhook /hook', `webhook ${path}`];
    const isSeen = (place: string) =>
      haystacks.some(({ where, text }) => where === place && about.some((needle) => text.includes(needle)));
    expect(seen.filter((place) => !isSeen(place))).toEqual([]);
    const found = haystacks
      .filter(({ where }) => !where.startsWith('secret ') && where !== SETTINGS_FILE)
      .flatMap(({ where, text }) => secretsIn(withoutPath(where, text), secrets).map((name) => `${name}: ${where}`));
    expect([...new Set(found)]).toEqual([]);
  });
});

/** What a call carries: its path is where it goes, which its receiver knows. */
function withoutPath(where: string, text: string): string {
  return where.startsWith('webhook ') ? text.replace(JSON.stringify(where.slice('webhook '.length)), '') : text;
}

/** Puts a text into an object that is written over and then deleted, in a bucket that keeps versions. Returns what takes it away again. */
async function hideInOldVersion(text: string): Promise<() => Promise<void>> {
  const s3 = new S3Client({ ...awsOptions(haven.info), forcePathStyle: true });
  const object = { Bucket: `haystack-${randomUUID()}`, Key: 'hidden' };
  await s3.send(new CreateBucketCommand(object));
  await s3.send(new PutBucketVersioningCommand({ ...object, VersioningConfiguration: { Status: 'Enabled' } }));
  const versions = [
    await s3.send(new PutObjectCommand({ ...object, Body: text })),
    await s3.send(new PutObjectCommand({ ...object, Body: 'nothing' })),
    await s3.send(new DeleteObjectCommand(object)),
  ];
  return async () => {
    for (const { VersionId } of versions) await s3.send(new DeleteObjectCommand({ ...object, VersionId }));
    await s3.send(new DeleteBucketCommand(object));
  };
}

/** Signs, fails, is refused: whatever a key goes through. */
async function useEveryPath(id: string, address: string): Promise<void> {
  await fund(haven.info.rpcUrl, address, '1');
  await haven.client.mintTokens({ body: { to: address, amount: parseEther('1').toString() } });
  const body = { wallet_id: id, chain_id: haven.info.chainId, to: RECIPIENT, value: '1' };
  await ended(haven, (await haven.client.createTransaction({ body })).id);
  const reverting = await haven.client.transferTokens({
    body: { wallet_id: id, to: RECIPIENT, amount: parseEther('9').toString() },
  });
  await ended(haven, reverting.id);
}
