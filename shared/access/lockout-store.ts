import { BatchGetCommand, type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert } from '#shared/alerts/record-alert.ts';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditHead, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import {
  type Condition,
  NOT_EXISTS,
  tooManyRivals,
  WriteTransaction,
} from '#shared/platform/dynamo/write-transaction.ts';
import type { NewId } from '#shared/platform/ids.ts';
import { type RetryPolicy, type Sleep, sleep, withRetry } from '#shared/platform/retry.ts';
import { type ApiKey, apiKeySchema } from './api-key.ts';
import { type Denial, denialEntry, denied, isOnRecord } from './denials.ts';
import {
  isLockedOut,
  type Lockout,
  type LockoutPolicy,
  type LockoutSubject,
  locked,
  lockoutAlert,
  lockoutEntry,
  lockoutSchema,
  securityStream,
} from './lockout.ts';

/** Keys and lockouts as the authorizer reads and writes them. */
export interface LockoutStore {
  /** A key, and what is locked out at an address: one call for both, so that a good key costs no more for it. */
  findWithKey(address: string, keyId: string): Promise<{ readonly key?: ApiKey; readonly lockout?: Lockout }>;
  /** What is locked out at an address. */
  find(address: string): Promise<Lockout | undefined>;
  /**
   * Counts a failure.
   *
   * @returns how many there were in this window, this one included
   */
  countFailure(subject: LockoutSubject): Promise<number>;
  /**
   * Locks out, with an audit entry and an alert, unless that is so already: of many that find the limit exceeded at once,
   * one makes the episode.
   *
   * @returns the alert, stored, if it was this one
   */
  lock(subject: LockoutSubject, requestId: string): Promise<Alert | undefined>;
  /** Puts a denial on the stream of its address, unless the same principal's was put there within the window. */
  recordDenial(denial: Denial): Promise<void>;
}

/** The tables that it needs. */
export interface LockoutTables {
  readonly access: string;
  readonly ephemeral: string;
  readonly audit: string;
  readonly logs: string;
}

/** Counts outlive their window by this much. */
const TTL_SLACK_SECONDS = 60;
/** A refused caller waits for this; the authorizer itself has five seconds. */
const LOCK_DEADLINE_MS = 2_000;
/** Rivals are other episodes at the same address: one for each of its keys at most, and denials there. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 6, baseDelayMs: 15, maxDelayMs: 200 };

/** The row of an address: its locks and the head of its stream. Never expires, for the stream doesn't. */
export function lockoutKey(address: string) {
  return { pk: `LOCKOUT#${address}` };
}

/** Another change of the same address's row, a lockout or a denial, was stored first. */
class LockoutMoved extends Error {
  constructor() {
    super('Another lockout or denial at this address was recorded first');
    this.name = 'LockoutMoved';
  }
}

const countSchema = z.object({ failures: z.number().int() });

/**
 * Lockouts in the ephemeral table, keys in the access table.
 *
 * @param endOfStream where a stream ends by its own entries: the ephemeral table may be lost, and with it a head
 */
export function createLockoutStore(
  client: DynamoDBDocumentClient,
  tables: LockoutTables,
  policy: LockoutPolicy,
  clock: Clock,
  endOfStream: (stream: string) => Promise<AuditHead | undefined>,
  newId: NewId,
  wait: Sleep = sleep,
): LockoutStore {
  async function find(address: string): Promise<Lockout | undefined> {
    return readLockout(client, tables.ephemeral, address);
  }

  /** The change of an address's row with its audit entry. */
  async function withEntry(
    address: string,
    before: Lockout | undefined,
    row: Omit<Lockout, keyof AuditHead>,
    content: AuditContent,
    nowMs: number,
  ): Promise<WriteTransaction> {
    const stream = securityStream(address);
    const end = before ?? (await endOfStream(stream)) ?? emptyHead(stream);
    const { entry, head } = nextEntry(stream, end, content, isoTime(nowMs));
    const write = new WriteTransaction();
    const item = { ...lockoutKey(address), ...row, ...head };
    write.put(tables.ephemeral, item, () => new LockoutMoved(), stillAt(before));
    appendEntry(write, tables.audit, entry);
    return write;
  }

  /** Runs a change of an address's row, again when another came first. */
  async function amongRivals<T>(change: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = Deadline.in(LOCK_DEADLINE_MS, clock);
    return withRetry(
      () => change(deadline),
      (error) => error instanceof LockoutMoved,
      RIVALS_RETRY,
      deadline,
      wait,
    ).catch((error: unknown) => {
      throw error instanceof LockoutMoved ? tooManyRivals(error) : error;
    });
  }

  async function recordOnce(denial: Denial, deadline: Deadline): Promise<void> {
    const nowMs = clock();
    const before = await find(denial.address);
    if (isOnRecord(before, denial, nowMs)) return;
    const row = denied(before, denial, policy, nowMs);
    const write = await withEntry(denial.address, before, row, denialEntry(denial, policy), nowMs);
    await write.commit(client, deadline, wait);
  }

  async function lockOnce(subject: LockoutSubject, requestId: string, deadline: Deadline): Promise<Alert | undefined> {
    const nowMs = clock();
    const before = await find(subject.address);
    if (isLockedOut(before, subject.keyId, nowMs)) return undefined;
    const content = lockoutEntry(subject, policy, requestId, nowMs);
    const row = locked(before, subject, policy, nowMs);
    const write = await withEntry(subject.address, before, row, content, nowMs);
    const alert = lockoutAlert(newId('alr'), subject, content, isoTime(nowMs));
    recordAlert(write, tables, alert);
    await write.commit(client, deadline, wait);
    return alert;
  }

  return {
    find,

    async findWithKey(address, keyId) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({
          RequestItems: {
            [tables.access]: { Keys: [{ pk: keyId }], ConsistentRead: true },
            [tables.ephemeral]: { Keys: [lockoutKey(address)], ConsistentRead: true },
          },
        }),
      );
      // An unread lock is as good as none: what protects is the key, and a throttled table must not be an outage.
      if (UnprocessedKeys?.[tables.access] !== undefined) throw new Error('DynamoDB left the API key unread');
      const [key] = Responses?.[tables.access] ?? [];
      const [lockout] = Responses?.[tables.ephemeral] ?? [];
      return {
        ...(key === undefined ? {} : { key: apiKeySchema.parse(key) }),
        ...(lockout === undefined ? {} : { lockout: lockoutSchema.parse(lockout) }),
      };
    },

    async countFailure({ address, keyId }) {
      const window = Math.floor(clock() / policy.windowMs);
      const subject = keyId === undefined ? address : `${address}#${keyId}`;
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: tables.ephemeral,
          Key: { pk: `FAILURES#${subject}#${window}` },
          UpdateExpression: 'ADD failures :one SET expires_at = :expires',
          ExpressionAttributeValues: {
            ':one': 1,
            ':expires': Math.ceil(((window + 1) * policy.windowMs) / 1_000) + TTL_SLACK_SECONDS,
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return countSchema.parse(Attributes).failures;
    },

    lock: (subject, requestId) => amongRivals((deadline) => lockOnce(subject, requestId, deadline)),

    recordDenial: (denial) => amongRivals((deadline) => recordOnce(denial, deadline)),
  };
}

/**
 * What is locked out at an address, strongly consistent.
 *
 * @param table the ephemeral table
 */
async function readLockout(
  client: DynamoDBDocumentClient,
  table: string,
  address: string,
): Promise<Lockout | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: table, Key: lockoutKey(address), ConsistentRead: true }),
  );
  return Item === undefined ? undefined : lockoutSchema.parse(Item);
}

/**
 * Where the audit stream of an address ends; one where nobody was locked out has an empty one.
 *
 * @param table the ephemeral table
 */
export async function readSecurityHead(
  client: DynamoDBDocumentClient,
  table: string,
  address: string,
): Promise<AuditHead> {
  return (await readLockout(client, table, address)) ?? emptyHead(securityStream(address));
}

function stillAt(before: AuditHead | undefined): Condition {
  return before === undefined
    ? NOT_EXISTS
    : {
        expression: 'audit_seq = :seq AND audit_hash = :hash',
        values: { ':seq': before.audit_seq, ':hash': before.audit_hash },
      };
}
