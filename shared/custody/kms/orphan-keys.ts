import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { walletKey } from '../ledger-keys.ts';
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
  readonly tables: { readonly ledger: string; readonly keys: string; readonly audit: string };
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

/** Why a key that looks like an orphan is not deleted: something still says that it is a wallet's. */
export const KEPT_BECAUSE = {
  its_wallets: 'it is its wallet’s key by now',
  wallet_without_key: 'the ledger has its wallet, whose row in the key table is gone: was the key table restored?',
  on_record: 'by the audit stream of its wallet it is that wallet’s key: was the ledger restored?',
} as const;

/** Why a key is not deleted. */
export type KeptBecause = keyof typeof KEPT_BECAUSE;

const madeSchema = z.object({ action: z.literal('wallet.created'), detail: z.object({ kms_key_arn: z.string() }) });

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
 * Gives up an orphan: first the claim, so that no request goes on with it, then the key. Whether it is a wallet's is looked at before
 * and once more in between, because such a request may have ended meanwhile.
 *
 * @returns why it is kept; undefined: KMS will delete it
 * @throws IDEMPOTENCY_IN_PROGRESS when its request is being repeated at this moment
 */
export async function giveUpOrphan(
  deps: OrphanDependencies,
  orphan: OrphanKey,
  deadline: Deadline,
): Promise<KeptBecause | undefined> {
  const before = await whyKept(deps, orphan);
  if (before !== undefined) return before;
  const { claim } = orphan;
  if (claim !== undefined) {
    const table = { client: deps.client, table: deps.tables.ledger };
    await storeIntent(table, claim.recordKey, claim.intent, { status: 'closed' }, deadline);
  }
  const meanwhile = await whyKept(deps, orphan);
  if (meanwhile !== undefined) return meanwhile;
  await deps.inventory.scheduleDeletion(orphan.arn);
  return undefined;
}

/**
 * Why a key that no row of the key table names may be a wallet's all the same: tables that were restored to an earlier time have
 * lost the rows of all wallets since then, and who deletes their keys deletes their money.
 */
export async function whyKept(
  deps: OrphanDependencies,
  { arn, walletId }: Pick<OrphanKey, 'arn' | 'walletId'>,
): Promise<KeptBecause | undefined> {
  const { client, tables } = deps;
  const [key, wallet, firstEntry] = await Promise.all([
    keyOf(deps, walletId),
    readItem(client, tables.ledger, walletKey(walletId)),
    readItem(client, tables.audit, { pk: walletId, seq: 1 }),
  ]);
  if (key === arn) return 'its_wallets';
  const made = madeSchema.safeParse(firstEntry).data;
  if (made?.detail.kms_key_arn === arn) return 'on_record';
  // A wallet that has another key in KMS is one whose maker asked twice.
  return wallet !== undefined && key === undefined ? 'wallet_without_key' : undefined;
}

async function keyOf({ client, tables }: OrphanDependencies, walletId: string): Promise<string | undefined> {
  const row = await readItem(client, tables.keys, { pk: walletId });
  return row === undefined ? undefined : keyRowSchema.parse(row).kms_key_arn;
}
