import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Principal } from '#shared/platform/auth/principal.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { type Condition, NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { AccessRecorder } from '#shared/platform/http/access-recorder.ts';
import { type RetryPolicy, type Sleep, sleep } from '#shared/platform/retry.ts';
import { appendEntry } from './append-entry.ts';
import {
  type AuditContent,
  type AuditEntry,
  type AuditHead,
  auditHeadSchema,
  emptyHead,
  nextEntry,
} from './audit-entry.ts';

/** Requests of one principal at once are rivals for its head; its rate limit bounds how many there can be. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 12, baseDelayMs: 15, maxDelayMs: 400 };

/** Heads kept in memory by one function instance; a forgotten one costs a second attempt. */
const MAX_REMEMBERED_HEADS = 1_000;

/** Sessions that a head remembers; a person with more at once has the oldest begin anew. */
const MAX_SESSIONS = 16;

/** Where a stream ends, with the sessions that have begun on it, newest last. */
const accessHeadSchema = auditHeadSchema.extend({ sessions: z.array(z.string()).default([]) });

type AccessHead = z.output<typeof accessHeadSchema>;

/** The stream of what a principal looked at, and of what it was refused. */
export function accessStream(principalId: string): string {
  return `access:${principalId}`;
}

/** Where such a stream ends: a row of its own in the ledger, so that who looks at a wallet is no rival of who signs for it. */
export function accessHeadKey(principalId: string) {
  return { pk: `AUDIT#${accessStream(principalId)}`, sk: 'HEAD' };
}

/** The head has moved on since it was last seen here. */
class HeadMoved extends Raced {
  readonly head: AccessHead;

  constructor(head: AccessHead) {
    super('Another access was recorded first');
    this.name = 'HeadMoved';
    this.head = head;
  }
}

/**
 * Records accesses, each principal's on a stream of its own. One AWS call when the head is the one that this instance
 * wrote last, one more for each rival that came first: the failed condition itself shows where the stream ends.
 *
 * @param tables the ledger, for heads, and the audit table
 */
export function createAccessAudit(
  client: DynamoDBDocumentClient,
  tables: { readonly ledger: string; readonly audit: string },
  clock: Clock,
  wait: Sleep = sleep,
): AccessRecorder {
  const heads = new Map<string, AccessHead>();

  async function append({ id, session }: Principal, content: AuditContent, deadline: Deadline): Promise<void> {
    const stream = accessStream(id);
    const none = { ...emptyHead(stream), sessions: [] };
    const before = heads.get(stream) ?? none;
    const { entries, head } = withSession(stream, before, session, content, isoTime(clock()));
    const write = new WriteTransaction();
    write.put(
      tables.ledger,
      { ...accessHeadKey(id), ...head },
      (existing) => new HeadMoved(existing === undefined ? none : accessHeadSchema.parse(existing)),
      stillAt(before),
    );
    for (const entry of entries) appendEntry(write, tables.audit, entry);
    try {
      await write.commit(client, deadline, wait);
    } catch (error) {
      if (error instanceof HeadMoved) heads.set(stream, error.head);
      throw error;
    }
    if (heads.size >= MAX_REMEMBERED_HEADS) heads.clear();
    heads.set(stream, head);
  }

  return {
    async record({ operation, principal, requestId, sourceAddress, subject, named, outcome, deadline }) {
      const granted = outcome === 'granted';
      const session = principal.session === undefined ? {} : { session: principal.session };
      const content: AuditContent = {
        action: granted ? 'access.granted' : 'access.refused',
        actor: principal.id,
        severity: granted ? 'INFO' : 'WARNING',
        request_id: requestId,
        ...(granted ? {} : { reason: outcome }),
        detail: {
          ...{ operation, subject, source_address: sourceAddress },
          ...(named === undefined ? {} : { named }),
          ...session,
        },
      };
      await untilUnraced(() => append(principal, content, deadline), RIVALS_RETRY, deadline, wait);
    },
  };
}

/**
 * Where the stream of a principal ends, strongly consistent; a principal that never looked at anything has an empty one.
 *
 * @param table the ledger table
 */
export async function readAccessHead(
  client: DynamoDBDocumentClient,
  table: string,
  principalId: string,
): Promise<AuditHead> {
  const item = await readItem(client, table, accessHeadKey(principalId));
  return item === undefined ? emptyHead(accessStream(principalId)) : auditHeadSchema.parse(item);
}

/** An access as entries: the first one of a session begins with the session itself. */
function withSession(
  stream: string,
  before: AccessHead,
  session: string | undefined,
  content: AuditContent,
  at: string,
): { readonly entries: readonly AuditEntry[]; readonly head: AccessHead } {
  if (session === undefined || before.sessions.includes(session)) {
    const { entry, head } = nextEntry(stream, before, content, at);
    return { entries: [entry], head: { ...head, sessions: before.sessions } };
  }
  const { actor, request_id, detail } = content;
  const started = nextEntry(
    stream,
    before,
    {
      action: 'session.started',
      actor,
      severity: 'INFO',
      request_id,
      detail: { session, source_address: detail['source_address'] },
    },
    at,
  );
  const { entry, head } = nextEntry(stream, started.head, content, at);
  const sessions = [...before.sessions, session].slice(-MAX_SESSIONS);
  return { entries: [started.entry, entry], head: { ...head, sessions } };
}

function stillAt({ audit_seq, audit_hash }: AuditHead): Condition {
  return audit_seq === 0
    ? NOT_EXISTS
    : { expression: 'audit_seq = :seq AND audit_hash = :hash', values: { ':seq': audit_seq, ':hash': audit_hash } };
}
