import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import type { AuditEntry } from '#shared/audit/audit-entry.ts';
import {
  type IdSource,
  indexSources,
  type RowPage,
  readPage,
  rowLoader,
  singleSource,
} from '#shared/platform/dynamo/id-source.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import type { ItemKey, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { ALL_USERS, externalIdKey, kycPartition, userKey } from './ledger-keys.ts';
import { type KycStatus, type User, userSchema } from './user.ts';

/** Which users a list shows. */
export interface UserFilter {
  readonly externalId?: string | undefined;
  readonly kycStatus?: KycStatus | undefined;
}

/** Reads users. */
export interface UserStore {
  /** @throws USER_NOT_FOUND */
  get(id: string): Promise<User>;
  list(filter: UserFilter, before: string | undefined, limit: number): Promise<RowPage<User>>;
}

/** A user as it is stored, with the audit entry of the same write. */
interface UserWrite {
  readonly user: User;
  readonly entry: AuditEntry;
}

/** Where users and their audit entries are. */
interface Tables {
  readonly ledger: string;
  readonly audit: string;
}

/** Adds a new user, its external id and its audit entry to a transaction, each if absent. */
export function putNewUser(write: WriteTransaction, tables: Tables, { user, entry }: UserWrite): void {
  write.put(tables.ledger, { ...externalIdKey(user.external_id), user_id: user.id }, (existing) => {
    const of = existing?.['user_id'];
    return new HavenError('USER_ALREADY_EXISTS', `external_id ${user.external_id} is that of ${String(of)}`, {
      details: { fields: [{ field: 'body.external_id', message: 'has been used' }], user_id: of },
    });
  });
  write.put(
    tables.ledger,
    userItem(user),
    () => new HavenError('USER_ALREADY_EXISTS', 'A user with this id exists already'),
  );
  appendEntry(write, tables.audit, entry);
}

/** Adds a changed user and its audit entry to a transaction, on the condition of the version that was read. */
export function putChangedUser(
  write: WriteTransaction,
  tables: Tables,
  before: User,
  { user, entry }: UserWrite,
): void {
  write.put(
    tables.ledger,
    userItem(user),
    () => new HavenError('WRITE_CONFLICT', `User ${user.id} was changed meanwhile; try again`),
    unchangedSince(before),
  );
  appendEntry(write, tables.audit, entry);
}

function userItem(user: User) {
  return {
    ...userKey(user.id),
    ...user,
    gsi1pk: ALL_USERS,
    gsi1sk: user.id,
    gsi2pk: kycPartition(user.kyc_status),
    gsi2sk: user.id,
  };
}

/**
 * Users in the ledger table.
 *
 * @param table the ledger table
 */
export function createUserStore(client: DynamoDBDocumentClient, table: string): UserStore {
  const load = rowLoader(client, table, userKey, userSchema);

  const read = (key: ItemKey) => readItem(client, table, key);

  const index = indexSources(client, table);

  function sourceFor({ externalId, kycStatus }: UserFilter): IdSource {
    if (externalId !== undefined) return singleSource(async () => (await read(externalIdKey(externalId)))?.['user_id']);
    if (kycStatus === undefined) return index('gsi1', ALL_USERS);
    return index('gsi2', kycPartition(kycStatus));
  }

  return {
    async get(id) {
      const item = await read(userKey(id));
      if (item === undefined) throw new HavenError('USER_NOT_FOUND', `There is no user ${id}`);
      return userSchema.parse(item);
    },

    list(filter, before, limit) {
      return readPage(sourceFor(filter), load, (user) => passes(user, filter), before, limit);
    },
  };
}

function passes(user: User, { externalId, kycStatus }: UserFilter): boolean {
  return (
    (externalId === undefined || user.external_id === externalId) &&
    (kycStatus === undefined || user.kyc_status === kycStatus)
  );
}
