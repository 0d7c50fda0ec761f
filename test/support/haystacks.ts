import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, GetTemplateCommand, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListBucketsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { LocalInfo } from '#local/instance.ts';
import { KEY_ENCODINGS } from './fakes/key-encodings.ts';
import { awsOptions } from './local-haven.ts';

/** Whoever looks, wherever: a text to search, and where it is from. */
export interface Haystack {
  readonly where: string;
  readonly text: string;
}

/** How short a run of a key's digits is looked for: half of a key left over is a find too. */
const HALF_OF_HEX = 32;

/**
 * Where a key is, however it is written there: as every encoding of KEY_ENCODINGS, as either half of its hex, and with whatever
 * stands between its hex or decimal digits.
 *
 * @param hex the key: 64 lower-case digits
 */
export function placesOf(hex: string, haystacks: readonly Haystack[]): readonly string[] {
  const encoded = Object.values(KEY_ENCODINGS).map((encode) => encode(hex));
  const decimal = BigInt(`0x${hex}`).toString();
  const halves = [hex.slice(0, HALF_OF_HEX), hex.slice(HALF_OF_HEX)];
  return haystacks
    .filter(({ text }) => {
      const lower = text.toLowerCase();
      return (
        encoded.some((needle) => text.includes(needle)) ||
        halves.some((half) => lower.includes(half)) ||
        lower.replaceAll(/0x|[^0-9a-f]/g, '').includes(hex) ||
        lower.replaceAll(/\D/g, '').includes(decimal)
      );
    })
    .map(({ where }) => where);
}

/** All that the AWS endpoint holds. */
export async function everywhere(info: LocalInfo): Promise<Haystack[]> {
  const places = [tables, queues, logs, templates, functions, secrets, objects, mails];
  return (await Promise.all(places.map((place) => place(info)))).flat();
}

async function tables(info: LocalInfo): Promise<Haystack[]> {
  const dynamo = new DynamoDBClient(awsOptions(info));
  const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
  const found: Haystack[] = [];
  for (const TableName of TableNames) {
    const pages = paginateScan({ client: dynamo }, { TableName });
    for await (const { Items } of pages) found.push({ where: `table ${TableName}`, text: textOf(Items) });
  }
  return found;
}

async function queues(info: LocalInfo): Promise<Haystack[]> {
  const answer = await fetch(`${info.awsEndpointUrl}/_ministack/sqs/messages`);
  if (!answer.ok) throw new Error(`The endpoint does not show its queues: HTTP ${answer.status}`);
  return [{ where: 'queue all', text: await answer.text() }];
}

async function logs(info: LocalInfo): Promise<Haystack[]> {
  const client = new CloudWatchLogsClient(awsOptions(info));
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

async function templates(info: LocalInfo): Promise<Haystack[]> {
  const client = new CloudFormationClient(awsOptions(info));
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

async function functions(info: LocalInfo): Promise<Haystack[]> {
  const lambda = new LambdaClient(awsOptions(info));
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  return Functions.map((configuration) => ({
    where: `function ${configuration.FunctionName}`,
    text: JSON.stringify(configuration),
  }));
}

async function secrets(info: LocalInfo): Promise<Haystack[]> {
  const client = new SecretsManagerClient(awsOptions(info));
  const { SecretList = [] } = await client.send(new ListSecretsCommand({}));
  return Promise.all(
    SecretList.map(async ({ Name }) => {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: Name }));
      return { where: `secret ${Name}`, text: SecretString ?? '' };
    }),
  );
}

async function objects(info: LocalInfo): Promise<Haystack[]> {
  const client = new S3Client({ ...awsOptions(info), forcePathStyle: true });
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  const found: Haystack[] = [];
  for (const { Name: Bucket } of Buckets) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
      for (const { Key } of Contents) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        found.push({ where: `object ${Bucket}/${Key}`, text: textOf(await Body?.transformToByteArray()) });
      }
    }
  }
  return found;
}

async function mails(info: LocalInfo): Promise<Haystack[]> {
  const answer = await fetch(`${info.awsEndpointUrl}/_ministack/ses/messages`);
  if (!answer.ok) throw new Error(`The endpoint does not show its mails: HTTP ${answer.status}`);
  return [{ where: 'mail all', text: await answer.text() }];
}

/** Everything the local Haven has written to disk: the endpoint's log and state, bundles, outputs. */
export function files(directory: string): Haystack[] {
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
