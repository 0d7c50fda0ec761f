import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CloudFormationClient, GetTemplateCommand, paginateListStacks } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, paginateListTables, paginateScan } from '@aws-sdk/client-dynamodb';
import { LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
  paginateListBuckets,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, paginateListSecrets, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { LocalInfo } from '#local/instance.ts';
import { KEY_ENCODINGS } from './fakes/key-encodings.ts';
import { unlessFileGone, unlessGone } from './gone.ts';
import { awsOptions, eventually } from './local-haven.ts';
import { logMessages } from './log-events.ts';

/** Whoever looks, wherever: a text to search, and where it is from. */
export interface Haystack {
  readonly where: string;
  readonly text: string;
}

/** How short a run of a key's digits is looked for: half of a key left over is a find too. */
const HALF_OF_HEX = 32;

/**
 * Where any of some keys is, however it is written there: as every encoding of KEY_ENCODINGS, as either half of its hex, and with
 * whatever stands between its hex or decimal digits. All keys at once, because what takes long is to strip the texts.
 *
 * @param keys 64 lower-case hex digits each
 */
export function placesOf(keys: readonly string[], haystacks: readonly Haystack[]): readonly string[] {
  const encoded = keys.flatMap((hex) => Object.values(KEY_ENCODINGS).map((encode) => encode(hex)));
  const decimals = keys.map((hex) => BigInt(`0x${hex}`).toString());
  const halves = keys.flatMap((hex) => [hex.slice(0, HALF_OF_HEX), hex.slice(HALF_OF_HEX)]);
  const isAnyIn = (needles: readonly string[], text: string) => needles.some((needle) => text.includes(needle));
  return haystacks
    .filter(({ text }) => {
      const lower = text.toLowerCase();
      return (
        isAnyIn(encoded, text) ||
        isAnyIn(halves, lower) ||
        isAnyIn(keys, lower.replaceAll(/0x|[^0-9a-f]+/g, '')) ||
        isAnyIn(decimals, lower.replaceAll(/\D+/g, ''))
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
  const client = new DynamoDBClient(awsOptions(info));
  const found: Haystack[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) {
    for (const TableName of TableNames) {
      await unlessGone(async () => {
        for await (const { Items } of paginateScan({ client }, { TableName })) {
          found.push({ where: `table ${TableName}`, text: textOf(Items) });
        }
      });
    }
  }
  return found;
}

async function queues(info: LocalInfo): Promise<Haystack[]> {
  const answer = await fetch(`${info.awsEndpointUrl}/_ministack/sqs/messages`);
  if (!answer.ok) throw new Error(`The endpoint does not show its queues: HTTP ${answer.status}`);
  return [{ where: 'queue all', text: await answer.text() }];
}

async function logs(info: LocalInfo, sinceMs?: number): Promise<Haystack[]> {
  const client = new CloudWatchLogsClient(awsOptions(info));
  const found: Haystack[] = [];
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, {})) {
    for (const { logGroupName } of logGroups) {
      await unlessGone(async () => {
        for await (const messages of logMessages(client, logGroupName, sinceMs)) {
          found.push({ where: `log ${logGroupName}`, text: messages.join('\n') });
        }
      });
    }
  }
  return found;
}

/** Log lines come a moment after their answer; what takes longer is lost. */
const LOGGED_WITHIN_MS = 15_000;

/**
 * Waits until requests are in the logs: a function's lines come together, so that what else it said of them is there too.
 *
 * @param requestIds of requests that a function answered, not the gateway by itself
 * @param sinceMs when the first of them was made, at the earliest; milliseconds since the Unix epoch
 */
export async function untilLogged(info: LocalInfo, requestIds: readonly string[], sinceMs: number): Promise<void> {
  let missing: readonly string[] = requestIds;
  const look = async () => {
    const lines = (await logs(info, sinceMs)).map(({ text }) => text).join('\n');
    missing = missing.filter((id) => !lines.includes(id));
    return missing.length === 0 || undefined;
  };
  await eventually(`the logs of ${requestIds.length} requests`, look, LOGGED_WITHIN_MS);
}

async function templates(info: LocalInfo): Promise<Haystack[]> {
  const client = new CloudFormationClient(awsOptions(info));
  const found: Haystack[] = [];
  for await (const { StackSummaries = [] } of paginateListStacks({ client }, {})) {
    for (const { StackName, StackStatus } of StackSummaries) {
      if (StackStatus === 'DELETE_COMPLETE') continue;
      const read = await unlessGone(() => client.send(new GetTemplateCommand({ StackName })));
      if (read !== undefined) found.push({ where: `template ${StackName}`, text: read.TemplateBody ?? '' });
    }
  }
  return found;
}

async function functions(info: LocalInfo): Promise<Haystack[]> {
  const client = new LambdaClient(awsOptions(info));
  const found: Haystack[] = [];
  for await (const { Functions = [] } of paginateListFunctions({ client }, {})) {
    for (const configuration of Functions) {
      found.push({ where: `function ${configuration.FunctionName}`, text: JSON.stringify(configuration) });
    }
  }
  return found;
}

async function secrets(info: LocalInfo): Promise<Haystack[]> {
  const client = new SecretsManagerClient(awsOptions(info));
  const found: Haystack[] = [];
  for await (const { SecretList = [] } of paginateListSecrets({ client }, {})) {
    for (const secret of SecretList) {
      const read = await unlessGone(() => client.send(new GetSecretValueCommand({ SecretId: secret.Name })));
      found.push({ where: `secret ${secret.Name}`, text: `${textOf(secret)}\n${read?.SecretString ?? ''}` });
    }
  }
  return found;
}

/** Every version of every object, those that others took the place of or that a delete marker hides among them. */
async function objects(info: LocalInfo): Promise<Haystack[]> {
  const client = new S3Client({ ...awsOptions(info), forcePathStyle: true });
  const found: Haystack[] = [];
  for await (const { Buckets = [] } of paginateListBuckets({ client }, {})) {
    for (const { Name: Bucket = '' } of Buckets) {
      await unlessGone(async () => {
        for await (const version of versionsOf(client, Bucket)) {
          const text = await unlessGone(() => textOfObject(client, Bucket, version));
          if (text !== undefined) found.push({ where: `object ${Bucket}/${version.Key}`, text });
        }
      });
    }
  }
  return found;
}

async function textOfObject(client: S3Client, Bucket: string, { Key, VersionId }: ObjectVersion): Promise<string> {
  const { Body, Metadata } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  const bytes = await Body?.transformToByteArray();
  return [Key, textOf(Metadata ?? {}), bytes === undefined ? '' : textOf(bytes)].join('\n');
}

/** The SDK has no paginator for these. */
async function* versionsOf(client: S3Client, Bucket: string) {
  let from: { readonly KeyMarker?: string | undefined; readonly VersionIdMarker?: string | undefined } | undefined = {};
  while (from !== undefined) {
    const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket, ...from }));
    // What a bucket without versions holds has the version "null", which GetObject takes.
    yield* page.Versions ?? [];
    const next = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    from = page.IsTruncated === true ? next : undefined;
  }
}

async function mails(info: LocalInfo): Promise<Haystack[]> {
  const answer = await fetch(`${info.awsEndpointUrl}/_ministack/ses/messages`);
  if (!answer.ok) throw new Error(`The endpoint does not show its mails: HTTP ${answer.status}`);
  return [{ where: 'mail all', text: await answer.text() }];
}

/** Everything the local Haven has written to disk: the endpoint's log and state, bundles, outputs. */
export function files(directory: string): Haystack[] {
  return pathsIn(directory).flatMap((path) => {
    const bytes = unlessFileGone(() => readFileSync(path));
    return bytes === undefined ? [] : [{ where: `file ${relative(directory, path)}`, text: textOf(bytes) }];
  });
}

function pathsIn(directory: string): string[] {
  const entries = unlessFileGone(() => readdirSync(directory, { withFileTypes: true })) ?? [];
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return pathsIn(path);
    // What a link leads to is read, if it is a file.
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? [path] : [];
  });
}

/** Text as it is, and every byte array as hex besides, so that raw bytes are seen too. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array)
    return `${Buffer.from(value).toString('utf8')}\n${Buffer.from(value).toString('hex')}`;
  return JSON.stringify(value, (_name, item) => (item instanceof Uint8Array ? textOf(item) : item));
}
