import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { type Condition, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { auditHeadOf, changeCustody } from './custody-state.ts';
import { tagPartition, walletKey } from './ledger-keys.ts';
import { replacedTags } from './reserved-tags.ts';
import type { Wallet } from './wallet.ts';
import type { WalletStore } from './wallet-store.ts';

/** What changing a wallet needs. */
export interface ChangeWalletDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly wallets: Pick<WalletStore, 'get' | 'custodyState'>;
  readonly clock: Clock;
  readonly wait?: Sleep;
}

/** What people may change of a wallet; absent: as it is. */
export interface WalletChange {
  readonly label?: string | null | undefined;
  /** All of them, but for those that Haven keeps (`replacedTags`). */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** A busy wallet's stream moves several times a second; a change must get in between, as a pause must. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 30, baseDelayMs: 10, maxDelayMs: 100 };

/** A tag as the index of tags has it. */
type Tag = readonly [key: string, value: string];

/** What a change of tags takes away and adds. One that gets another value is in both. */
export interface TagChanges {
  readonly removed: readonly Tag[];
  readonly added: readonly Tag[];
}

/** What tells two sets of tags apart. */
export function tagChanges(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): TagChanges {
  const missingIn =
    (other: Readonly<Record<string, string>>) =>
    ([key, value]: Tag) =>
      !Object.hasOwn(other, key) || other[key] !== value;
  return {
    removed: Object.entries(before).filter(missingIn(after)),
    added: Object.entries(after).filter(missingIn(before)),
  };
}

/**
 * Changes a wallet's label and tags: the wallet, its places in the index of tags, and an entry on its audit stream with
 * what was and what is, in one transaction. What is as wanted already changes nothing.
 *
 * @throws INVALID_PARAMETER naming a reserved tag, WALLET_NOT_FOUND, VERSION_MISMATCH when If-Match names another version, WRITE_CONFLICT when others never left,
 *   DATABASE_ERROR
 */
export async function changeWallet(
  deps: ChangeWalletDependencies,
  walletId: string,
  change: WalletChange,
  context: PrincipalContext,
): Promise<Wallet> {
  const attempt = () => tryOnce(deps, walletId, change, context);
  return untilUnraced(attempt, RIVALS_RETRY, context.deadline, deps.wait);
}

async function tryOnce(
  deps: ChangeWalletDependencies,
  walletId: string,
  change: WalletChange,
  context: PrincipalContext,
): Promise<Wallet> {
  const { client, tables, wallets } = deps;
  const [before, custody] = await Promise.all([wallets.get(walletId), wallets.custodyState(walletId)]);
  requireVersion(context, before.version, walletId);
  const label = change.label === undefined ? before.label : change.label;
  const tags = change.tags === undefined ? before.tags : replacedTags(before.tags, change.tags);
  const { removed, added } = tagChanges(before.tags, tags);
  const isLabelNew = label !== before.label;
  const isTagNew = removed.length + added.length > 0;
  if (!isLabelNew && !isTagNew) return before;
  const after: Wallet = { ...before, label, tags: { ...tags }, version: before.version + 1 };
  const { entry, head } = nextEntry(
    walletId,
    auditHeadOf(custody),
    {
      action: 'wallet.changed',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      // Only what changed, so that an entry stays small.
      detail: {
        ...(isLabelNew ? { label: { from: before.label, to: label } } : {}),
        ...(isTagNew ? { tags: { from: Object.fromEntries(removed), to: Object.fromEntries(added) } } : {}),
      },
    },
    isoTime(deps.clock()),
  );
  const raced = () => new Raced(`${walletId} was changed meanwhile`);
  const write = new WriteTransaction();
  write.update(
    tables.ledger,
    walletKey(walletId),
    {
      expression: 'SET #label = :label, #tags = :tags, #version = :next',
      names: { '#label': 'label', '#tags': 'tags', '#version': 'version' },
      values: { ':label': label, ':tags': after.tags, ':next': after.version },
    },
    raced,
    unchangedSince(before),
  );
  changeCustody(write, tables.ledger, walletId, { before: custody, head }, raced);
  for (const [key, value] of removed) {
    write.delete(tables.ledger, { pk: tagPartition(key, value), sk: walletId }, raced, WHATEVER_IS_THERE);
  }
  for (const [key, value] of added) {
    write.put(tables.ledger, { pk: tagPartition(key, value), sk: walletId }, raced, WHATEVER_IS_THERE);
  }
  appendEntry(write, tables.audit, entry);
  await write.commit(client, context.deadline);
  context.log.write('WALLET_CHANGED', { wallet_id: walletId, version: after.version });
  return after;
}

/**
 * The wallet's version says already which places there are; one that is missing, or there, against it is put right. So the
 * condition is true of any item and of none.
 */
const WHATEVER_IS_THERE: Condition = { expression: 'attribute_not_exists(pk) OR attribute_exists(pk)' };
