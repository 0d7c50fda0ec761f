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
import { KEY_ENCODINGS } from '#test/support/fakes/key-encodings.ts';
import { everywhere, files } from '#test/support/haystacks.ts';
import { awsOptions, ended, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const PROVISIONER = 'haven-local-wallet-provisioner';
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
