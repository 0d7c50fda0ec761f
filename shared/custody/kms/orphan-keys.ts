import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { walletOfDescription } from './key-description.ts';
import { openIntents, type StoredIntent, storeIntent } from './key-intent.ts';

/** A KMS key as KMS lists and describes it. */
export interface ListedKey {
  readonly arn: string;
  readonly description: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  readonly isPendingDeletion: boolean;
}

/** The keys of the account and region. */
export interface KeyInventory {
  list(): AsyncIterable<ListedKey>;
  /** Has KMS delete a key in thirty days; until then an administrator can call it off. */
  scheduleDeletion(arn: string): Promise<void>;
}

/** What finding orphans needs. */
export interface OrphanDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly keys: string };
  readonly inventory: KeyInventory;
  /** The stage's name. */
  readonly stage: string;
  readonly clock: Clock;
}

/** A KMS key that was made for a wallet and is not that wallet's key. */
export interface OrphanKey {
  readonly arn: string;
  readonly walletId: string;
  readonly createdAtMs: number;
  /** The request that would go on with it if it were repeated. */
  readonly claim: StoredIntent | undefined;
}

/**
 * A request that makes a key ends within seconds, and its client repeats it within minutes; KMS lists a new key within
 * minutes. What is younger may still become a wallet's.
 */
export const ORPHAN_AFTER_MS = 3_600_000;

const keyRowSchema = z.object({ kms_key_arn: z.string().optional() });

/** Finds the KMS keys of a stage that no wallet has: what is left of a provisioner that died between KMS and the tables. */
export async function findOrphans(deps: OrphanDependencies): Promise<readonly OrphanKey[]> {
  const open = await openIntents(deps.client, deps.tables.ledger);
  const orphans: OrphanKey[] = [];
  for await (const key of deps.inventory.list()) {
    const walletId = walletOfDescription(deps.stage, key.description);
    if (walletId === undefined || key.isPendingDeletion) continue;
    if (deps.clock() - key.createdAtMs < ORPHAN_AFTER_MS) continue;
    if ((await keyOf(deps, walletId)) === key.arn) continue;
    const claim = open.find(({ intent }) => intent.kms_key_arn === key.arn);
    orphans.push({ arn: key.arn, walletId, createdAtMs: key.createdAtMs, claim });
  }
  return orphans;
}

/**
 * Gives up an orphan: first the claim, so that no request goes on with it, then the key. The wallet's row is looked at once
 * more in between, because such a request may have ended meanwhile.
 *
 * @returns false: it has become its wallet's key
 * @throws IDEMPOTENCY_IN_PROGRESS when its request is being repeated at this moment
 */
export async function giveUpOrphan(deps: OrphanDependencies, orphan: OrphanKey, deadline: Deadline): Promise<boolean> {
  const { claim } = orphan;
  if (claim !== undefined) {
    const table = { client: deps.client, table: deps.tables.ledger };
    await storeIntent(table, claim.recordKey, claim.intent, { status: 'closed' }, deadline);
  }
  if ((await keyOf(deps, orphan.walletId)) === orphan.arn) return false;
  await deps.inventory.scheduleDeletion(orphan.arn);
  return true;
}

async function keyOf({ client, tables }: OrphanDependencies, walletId: string): Promise<string | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: tables.keys, Key: { pk: walletId }, ConsistentRead: true }),
  );
  return Item === undefined ? undefined : keyRowSchema.parse(Item).kms_key_arn;
}
