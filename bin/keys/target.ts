import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { loadStage } from '#lib/load-stage.ts';
import { KEY_ROLE_NAMES, type KeyCommand } from '#lib/stage/key-operators.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { type AwsCredentials, type CallerIdentity, Sts } from '#shared/platform/aws/sts.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import type { CommonOptions } from './options.ts';
import { BadUsage } from './usage.ts';

/** Where a command works, under which identity. */
export interface Target {
  readonly stage: string;
  readonly account: string;
  readonly region: string;
  /** Whoever started the command. */
  readonly actor: string;
  readonly role: string;
  readonly client: DynamoDBDocumentClient;
  readonly kms: KMSClient;
  readonly tables: { readonly ledger: string; readonly keys: string; readonly audit: string };
  /** ARN of the KMS key under which new keys are encrypted. */
  readonly walletKeyArn: string;
  /** ARNs of all under which keys may be, the former included. */
  readonly kmsKeyArns: readonly string[];
  readonly calls: AwsCallCounter;
}

/** A command may wait where a request may not: KMS throttles all of a region's callers together. */
const MAX_ATTEMPTS = 8;

/**
 * Finds the stage in the account, and takes the role that is there for the command: with nobody's own rights can it do
 * more than the role.
 *
 * @throws BadUsage, StsRefused, and what KMS refuses with
 */
export async function openTarget(command: KeyCommand, options: CommonOptions): Promise<Target> {
  const config = loadStage(options.stage);
  if (!config.key_operators.commands.includes(command)) {
    throw new BadUsage(
      `The stage ${config.name} has no role for keys:${command}: add "${command}" to key_operators.commands in lib/stages/${config.name}.json, and deploy`,
    );
  }
  const own = new KMSClient(options.region === undefined ? {} : { region: options.region });
  const region = await own.config.region().catch(() => {
    throw new BadUsage('Name the region: --region, or AWS_REGION');
  });
  const credentials = await own.config.credentials().catch(() => {
    throw new BadUsage('There are no AWS credentials: AWS_PROFILE, or those that your AWS tools export');
  });
  const endpoint = process.env['AWS_ENDPOINT_URL'];
  const ask = (as: AwsCredentials) => new Sts(as, region, endpoint === '' ? undefined : endpoint);
  const caller = await ask(credentials).callerIdentity();
  const account = options.account ?? config.key_operators.account ?? caller.account;
  const role = `haven-${config.name}-${KEY_ROLE_NAMES[command]}-${region}`;
  const rights = isRole(caller, role)
    ? credentials
    : await ask(credentials).assumeRole(
        `arn:${partitionOf(caller)}:iam::${account}:role/${role}`,
        sessionName(caller),
        mfaOf(options),
      );
  const settings = {
    ...awsClientOptions(),
    region,
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'adaptive',
    credentials: {
      accessKeyId: rights.accessKeyId,
      secretAccessKey: rights.secretAccessKey,
      ...(rights.sessionToken === undefined ? {} : { sessionToken: rights.sessionToken }),
    },
  };
  const kms = new KMSClient(settings);
  const client = createDocumentClient(new DynamoDBClient(settings));
  const calls = new AwsCallCounter();
  for (const counted of [client, kms]) calls.attach(counted);
  const keyArn = async (generation: number): Promise<string> => {
    const KeyId = `alias/haven-${config.name}-wallets${generation === 1 ? '' : `-${generation}`}`;
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: aliasArn(caller, region, account, KeyId) }));
    if (KeyMetadata?.Arn === undefined) throw new BadUsage(`There is no KMS key ${KeyId}: is the stage deployed?`);
    return KeyMetadata.Arn;
  };
  const walletKeyArn = await keyArn(config.wallet_key_generation);
  const previous = await Promise.all(config.previous_wallet_keys.map(keyArn));
  const table = (name: string) => `haven-${config.name}-${name}`;
  return {
    stage: config.name,
    account,
    region,
    actor: caller.arn,
    role,
    client,
    kms,
    tables: { ledger: table('ledger'), keys: table('keys'), audit: table('audit') },
    walletKeyArn,
    kmsKeyArns: [walletKeyArn, ...previous],
    calls,
  };
}

/** What a person should see before anything is written. */
export function describeTarget(target: Target): readonly string[] {
  return [
    `  stage    ${target.stage}`,
    `  account  ${target.account}, region ${target.region}`,
    `  as       ${target.role}, for ${target.actor}`,
    `  tables   ${target.tables.ledger}, ${target.tables.keys}, ${target.tables.audit}`,
    `  KMS key  ${target.walletKeyArn}`,
  ];
}

function isRole(caller: CallerIdentity, role: string): boolean {
  return caller.arn.includes(`:assumed-role/${role}/`);
}

function partitionOf(caller: CallerIdentity): string {
  return caller.arn.split(':')[1] ?? 'aws';
}

function aliasArn(caller: CallerIdentity, region: string, account: string, alias: string): string {
  return `arn:${partitionOf(caller)}:kms:${region}:${account}:${alias}`;
}

/** The last part of the caller's name, as far as STS takes it (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
function sessionName(caller: CallerIdentity): string {
  const name = (caller.arn.split(/[/:]/).at(-1) ?? '').replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
  return name.length < 2 ? 'haven-keys' : name;
}

function mfaOf({ mfaSerial, mfaCode }: CommonOptions): { readonly serial: string; readonly code: string } | undefined {
  if (mfaSerial === undefined && mfaCode === undefined) return undefined;
  if (mfaSerial === undefined || mfaCode === undefined) throw new BadUsage('--mfa-serial and --mfa-code go together');
  return { serial: mfaSerial, code: mfaCode };
}
