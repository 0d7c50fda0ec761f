import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { loadStage } from '#lib/load-stage.ts';
import { localClientOptions } from '#local/endpoint-settings.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { createKmsKeyReader } from '#shared/custody/kms/kms-key-store.ts';
import { createKmsSigner } from '#shared/custody/kms/kms-signer.ts';
import { signingClient } from '#shared/custody/kms/kms-signing-client.ts';
import { dataKeyClient, decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { createEnvelopeSigner, createTierSigner } from '#shared/custody/signer.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { createChainClients } from '#shared/platform/chain/chain-clients.ts';
import { type ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { type Clock, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLog, type Log } from '#shared/platform/log/logger.ts';
import { type Sleep, sleep } from '#shared/platform/retry.ts';
import type { AcceptDependencies } from '#shared/transactions/accept.ts';
import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { createLaneKicker, type LaneKicker } from '#shared/transactions/lane/kick.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import type { LocalHaven } from './local-haven.ts';

/** Haven's parts wired as the functions wire them, in this process, on the deployed tables, queues and keys. */
export interface InProcess {
  readonly client: DynamoDBDocumentClient;
  readonly tables: {
    readonly ledger: string;
    readonly audit: string;
    readonly keys: string;
    readonly ephemeral: string;
    readonly logs: string;
    readonly shop: string;
  };
  readonly queues: { readonly kickQueueUrl: string; readonly wakeQueueUrl: string };
  readonly walletKeyArn: string;
  readonly sqs: SQSClient;
  readonly kms: KMSClient;
  /** Counts every AWS call of these parts. */
  readonly calls: AwsCallCounter;
  readonly accept: AcceptDependencies;
  readonly lanes: LaneDependencies;
  /** A kicker that wakes nobody, so that a test drives a lane alone. */
  readonly silent: LaneKicker;
  /** The context of a request with an idempotency key of its own. */
  context(): IdempotentContext;
}

const quiet = createLog(() => undefined);
const noMetrics = { count: () => undefined };

/** What a test has otherwise than the deployed stage; all else is the stage's own. */
export interface InProcessOptions {
  readonly tables?: InProcess['tables'];
  readonly queues?: InProcess['queues'];
  /** The stage's, by who knows it already: a process that starts often looks it up once. */
  readonly walletKeyArn?: string;
  readonly chains?: readonly ChainConfig[];
  /** Of the first endpoint of every chain. */
  readonly rpcUrl?: string;
  /** Of the other endpoints of every chain; absent: there are none. */
  readonly otherRpcUrls?: readonly string[];
  readonly clock?: Clock;
  readonly sleep?: Sleep;
  readonly log?: Log;
}

/** Wires Haven's parts in this process. */
export async function inProcess(
  haven: Pick<LocalHaven, 'info'>,
  { clock = systemClock, log = quiet, ...given }: InProcessOptions = {},
): Promise<InProcess> {
  const options = localClientOptions(haven.info.awsEndpointUrl);
  const calls = new AwsCallCounter();
  const client = createDocumentClient(new DynamoDBClient(options));
  const sqs = new SQSClient(options);
  const kms = new KMSClient(options);
  for (const counted of [client, sqs, kms]) calls.attach(counted);
  const tables = given.tables ?? {
    ledger: 'haven-local-ledger',
    audit: 'haven-local-audit',
    keys: 'haven-local-keys',
    ephemeral: 'haven-local-ephemeral',
    logs: 'haven-local-logs',
    shop: 'haven-local-shop',
  };
  const walletKeyArn = given.walletKeyArn ?? (await stageWalletKey(kms));
  const queues = given.queues ?? (await stageQueues(sqs));
  const wallets = createWalletStore(client, tables.ledger);
  const chains = new ChainRegistry(given.chains ?? loadStage('local').chains);
  const silent: LaneKicker = { kick: async () => undefined, pass: async () => undefined, wake: async () => undefined };
  const rpcUrls = [given.rpcUrl ?? haven.info.rpcUrl, ...(given.otherRpcUrls ?? [])];
  const endpoints = Object.fromEntries(chains.all().map(({ chain_id }) => [String(chain_id), rpcUrls]));
  calls.reset();
  return {
    client,
    tables,
    queues,
    walletKeyArn,
    sqs,
    kms,
    calls,
    silent,
    accept: {
      client,
      tables,
      wallets,
      chains,
      idempotency: createIdempotencyStore(client, tables.ephemeral, clock),
      kicker: createLaneKicker(sqs, queues, clock, quiet, noMetrics),
      clock,
      newId,
      metrics: noMetrics,
    },
    lanes: {
      store: createLaneStore(client, tables),
      wallets,
      chains,
      clients: createChainClients(async () => endpoints, log, { chains: chains.all(), clock }),
      signer: createTierSigner({
        envelope: createEnvelopeSigner(
          createKeyReader(client, tables.keys),
          createKmsKeyDecryptor(walletKeyArn, decryptClient(kms)),
        ),
        kms: createKmsSigner(createKmsKeyReader(client, tables.keys), signingClient(kms), { stage: 'local' }),
      }),
      clock,
      sleep: given.sleep ?? sleep,
      newId,
      log,
      metrics: noMetrics,
    },
    context: () => ({
      requestId: randomUUID(),
      sourceAddress: '127.0.0.1',
      deadline: Deadline.in(30_000, clock),
      log: quiet,
      ifMatchVersion: undefined,
      principal: { id: 'test', name: 'test', scopes: ['*'] },
      idempotency: { recordKey: `IDEMPOTENCY#test#${randomUUID()}`, fingerprint: 'test' },
    }),
  };
}

async function stageWalletKey(kms: KMSClient): Promise<string> {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/haven-local-wallets' }));
  return KeyMetadata?.Arn ?? '';
}

async function stageQueues(sqs: SQSClient): Promise<InProcess['queues']> {
  const urlOf = async (QueueName: string) => (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
  const [kickQueueUrl, wakeQueueUrl] = await Promise.all([
    urlOf('haven-local-lane-kicks.fifo'),
    urlOf('haven-local-lane-wakes'),
  ]);
  return { kickQueueUrl, wakeQueueUrl };
}

/** The encryptor of the deployed stage. */
export function stageEncryptor(parts: InProcess) {
  return createKmsKeyEncryptor(parts.walletKeyArn, dataKeyClient(parts.kms));
}

/** The audit store of the deployed stage. */
export function stageAudit(parts: InProcess) {
  return createAuditStore(parts.client, parts.tables.audit);
}
