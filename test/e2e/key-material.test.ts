import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, GetTemplateCommand, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueUrlCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { parseEther } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '#local/instance.ts';
import { fund } from '#local/seed.ts';
import { addressOf } from '#shared/custody/private-key.ts';
import { KEY_ENCODINGS } from '#test/support/fakes/key-encodings.ts';
import { awsOptions, ended, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const PROVISIONER = 'haven-local-wallet-provisioner';
const RECIPIENT = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';

let haven: LocalHaven;
let lambda: LambdaClient;
let folder: string;
let stockEnvironment: Record<string, string> = {};

/** Whoever looks, wherever: a text to search, and where it is from. */
interface Haystack {
  readonly where: string;
  readonly text: string;
}

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

    const haystacks = [...(await everywhere()), ...files(haven.instance.directory)];
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
    const known: Readonly<Record<string, string>> = {
      table: treasuryWalletId,
      queue: canary,
      log: treasuryWalletId,
      template: 'haven-local-ledger',
      function: 'haven-local-ledger',
      secret: adminApiKey,
      file: treasuryWalletId,
    };
    const haystacks = [...(await everywhere()), ...files(haven.instance.directory)];
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    const seen = Object.entries(known).filter(([kind, needle]) =>
      haystacks.some(({ where, text }) => where.startsWith(`${kind} `) && text.includes(needle)),
    );
    expect(seen.map(([kind]) => kind)).toEqual(Object.keys(known));
  });
});

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

/** All that the AWS endpoint holds. */
async function everywhere(): Promise<Haystack[]> {
  return (await Promise.all([tables(), queues(), logs(), templates(), functions(), secrets()])).flat();
}

async function tables(): Promise<Haystack[]> {
  const dynamo = new DynamoDBClient(awsOptions(haven.info));
  const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
  const found: Haystack[] = [];
  for (const TableName of TableNames) {
    const pages = paginateScan({ client: dynamo }, { TableName });
    for await (const { Items } of pages) found.push({ where: `table ${TableName}`, text: textOf(Items) });
  }
  return found;
}

async function queues(): Promise<Haystack[]> {
  const answer = await fetch(`${haven.info.awsEndpointUrl}/_ministack/sqs/messages`);
  if (!answer.ok) throw new Error(`The endpoint does not show its queues: HTTP ${answer.status}`);
  return [{ where: 'queue all', text: await answer.text() }];
}

async function logs(): Promise<Haystack[]> {
  const client = new CloudWatchLogsClient(awsOptions(haven.info));
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({}));
  const found: Haystack[] = [];
  for (const { logGroupName } of logGroups) {
    let nextToken: string | undefined;
    do {
      const page = await client.send(new FilterLogEventsCommand({ logGroupName, nextToken }));
      found.push({ where: `log ${logGroupName}`, text: (page.events ?? []).map(({ message }) => message).join('\n') });
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }
  return found;
}

async function templates(): Promise<Haystack[]> {
  const client = new CloudFormationClient(awsOptions(haven.info));
  const { StackSummaries = [] } = await client.send(
    new ListStacksCommand({ StackStatusFilter: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] }),
  );
  return Promise.all(
    StackSummaries.map(async ({ StackName }) => {
      const { TemplateBody } = await client.send(new GetTemplateCommand({ StackName }));
      return { where: `template ${StackName}`, text: TemplateBody ?? '' };
    }),
  );
}

async function functions(): Promise<Haystack[]> {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  return Functions.map((configuration) => ({
    where: `function ${configuration.FunctionName}`,
    text: JSON.stringify(configuration),
  }));
}

async function secrets(): Promise<Haystack[]> {
  const client = new SecretsManagerClient(awsOptions(haven.info));
  const { SecretList = [] } = await client.send(new ListSecretsCommand({}));
  return Promise.all(
    SecretList.map(async ({ Name }) => {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: Name }));
      return { where: `secret ${Name}`, text: SecretString ?? '' };
    }),
  );
}

/** Everything the local Haven has written to disk: the endpoint's log and state, bundles, outputs. */
function files(directory: string): Haystack[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(directory, name);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return [];
    const bytes = readFileSync(path);
    return [{ where: `file ${name}`, text: textOf(bytes) }];
  });
}

/** Text as it is, and every byte array as hex besides, so that raw bytes are seen too. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array)
    return `${Buffer.from(value).toString('utf8')}\n${Buffer.from(value).toString('hex')}`;
  return JSON.stringify(value, (_name, item) => (item instanceof Uint8Array ? textOf(item) : item));
}
