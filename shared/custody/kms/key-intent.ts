import { type DynamoDBDocumentClient, GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { type Condition, NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { NewId } from '#shared/platform/ids.ts';
import { kmsKeyIntentKey, OPEN_KMS_KEYS, recordKeyOf, rotatedWalletOf } from '../ledger-keys.ts';
import { kmsKeyArnSchema } from './kms-key-store.ts';

/**
 * What a request to create a wallet of the kms tier is about to make, or has made, in KMS: stored before KMS is asked, because
 * a key costs money each month and can't be asked for twice. It is `open` until the wallet is stored, or until KMS has said that
 * there is no key.
 */
const intentSchema = z.object({
  wallet_id: z.string(),
  /** null: not asked for yet, or how it went is not known. */
  kms_key_arn: kmsKeyArnSchema.nullable(),
  status: z.enum(['open', 'closed']),
  /** When KMS was last asked, or is about to be: ISO 8601, UTC. */
  asked_at: z.string(),
  version: z.number().int(),
});

const intentKeySchema = z.object({ pk: z.string(), sk: z.string() });

/** What is being made in KMS for one request. */
export type KmsKeyIntent = z.output<typeof intentSchema>;

/** A function has ended by then, whatever became of it: nobody else is at it any more. */
export const ABANDONED_AFTER_MS = 60_000;

/** What keeping intents needs. */
export interface IntentDependencies {
  readonly client: DynamoDBDocumentClient;
  /** The ledger table. */
  readonly table: string;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** Somebody else is at it: the same request, or one that rotates the same wallet, whatever its Idempotency-Key. */
function inProgress(recordKey: string): HavenError {
  const soon = { retryAfterSeconds: 1 };
  const walletId = rotatedWalletOf(recordKey);
  return walletId === undefined
    ? new HavenError('IDEMPOTENCY_IN_PROGRESS', 'A request with this Idempotency-Key is still running; try again', soon)
    : new HavenError('WRITE_CONFLICT', `Another request is rotating wallet ${walletId}; try again`, {
        ...soon,
        details: { wallet_id: walletId },
      });
}

/**
 * The intent of a request: a new one, or what an earlier attempt at the same request left. Of an attempt of which it is not
 * known whether KMS made a key, the wallet's id is used again with a new key, once that attempt is over; the other key, if
 * there is one, shows the same id in its description.
 *
 * @param recordKey of the request's idempotency record
 * @throws IDEMPOTENCY_IN_PROGRESS, for a rotation WRITE_CONFLICT; DATABASE_ERROR
 */
export async function openIntent(
  deps: IntentDependencies,
  recordKey: string,
  deadline: Deadline,
): Promise<KmsKeyIntent> {
  const { Item } = await deps.client.send(
    new GetCommand({ TableName: deps.table, Key: kmsKeyIntentKey(recordKey), ConsistentRead: true }),
  );
  const found = Item === undefined ? undefined : intentSchema.parse(Item);
  const nowMs = deps.clock();
  if (found?.status === 'open') {
    if (found.kms_key_arn !== null) return found;
    if (nowMs - Date.parse(found.asked_at) < ABANDONED_AFTER_MS) throw inProgress(recordKey);
  }
  const intent: KmsKeyIntent = {
    wallet_id: found?.status === 'open' ? found.wallet_id : deps.newId('wal'),
    kms_key_arn: null,
    status: 'open',
    asked_at: isoTime(nowMs),
    version: (found?.version ?? 0) + 1,
  };
  const write = new WriteTransaction();
  putIntent(write, deps.table, recordKey, intent, found?.version);
  await write.commit(deps.client, deadline);
  return intent;
}

/** An intent with where it is stored. */
export interface StoredIntent {
  /** Of the idempotency record of its request. */
  readonly recordKey: string;
  readonly intent: KmsKeyIntent;
}

/** Every intent that is open, oldest wallet first. For commands: functions look at their own. */
export async function openIntents(client: DynamoDBDocumentClient, table: string): Promise<readonly StoredIntent[]> {
  const keys = paginateQuery(
    { client },
    {
      TableName: table,
      IndexName: 'gsi1',
      KeyConditionExpression: 'gsi1pk = :open',
      ExpressionAttributeValues: { ':open': OPEN_KMS_KEYS },
    },
  );
  const found: StoredIntent[] = [];
  for await (const { Items = [] } of keys) {
    for (const key of Items) {
      const { pk, sk } = intentKeySchema.parse(key);
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }));
      const intent = Item === undefined ? undefined : intentSchema.parse(Item);
      if (intent?.status === 'open') found.push({ recordKey: recordKeyOf(pk), intent });
    }
  }
  return found;
}

/**
 * Stores what is known of an intent now.
 *
 * @throws IDEMPOTENCY_IN_PROGRESS, for a rotation WRITE_CONFLICT, when somebody else did so first, DATABASE_ERROR
 */
export async function storeIntent(
  deps: Pick<IntentDependencies, 'client' | 'table'>,
  recordKey: string,
  before: KmsKeyIntent,
  change: Partial<Pick<KmsKeyIntent, 'kms_key_arn' | 'status'>>,
  deadline: Deadline,
): Promise<KmsKeyIntent> {
  const write = new WriteTransaction();
  const after = changeIntent(write, deps.table, recordKey, before, change);
  await write.commit(deps.client, deadline);
  return after;
}

/** Adds a change of an intent to a transaction, on the condition that it is as it was read. */
export function changeIntent(
  write: WriteTransaction,
  table: string,
  recordKey: string,
  before: KmsKeyIntent,
  change: Partial<Pick<KmsKeyIntent, 'kms_key_arn' | 'status'>>,
): KmsKeyIntent {
  const after = { ...before, ...change, version: before.version + 1 };
  putIntent(write, table, recordKey, after, before.version);
  return after;
}

/** Whole, because who makes keys may put and not update; an open one is in the index of open ones. */
function putIntent(
  write: WriteTransaction,
  table: string,
  recordKey: string,
  intent: KmsKeyIntent,
  versionBefore: number | undefined,
): void {
  const index = intent.status === 'open' ? { gsi1pk: OPEN_KMS_KEYS, gsi1sk: intent.wallet_id } : {};
  const condition: Condition =
    versionBefore === undefined
      ? NOT_EXISTS
      : {
          expression: '#version = :before',
          names: { '#version': 'version' },
          values: { ':before': versionBefore },
        };
  write.put(table, { ...kmsKeyIntentKey(recordKey), ...intent, ...index }, () => inProgress(recordKey), condition);
}
