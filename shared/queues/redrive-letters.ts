import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditHead, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { RetryPolicy } from '#shared/platform/retry.ts';
import type { DeadLetterQueue } from './catalogue.ts';
import type { Redriven } from './redrive.ts';
import { queueHead, queueStream, type RedriveRecord, redriveKey } from './redrive-record.ts';
import type { redriveQueueRoute } from './routes.ts';
import { foundQueue, type ShowQueuesDependencies } from './show-queues.ts';

/** What having dead letters worked again needs. */
export interface RedriveLettersDependencies extends ShowQueuesDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ephemeral: string; readonly audit: string };
  readonly idempotency: IdempotencyStore;
  /** Where an audit stream ends by its entries; undefined when it has none. */
  readonly endOfStream: (stream: string) => Promise<AuditHead | undefined>;
}

type RedrivenView = z.input<typeof redriveQueueRoute.response>;

/** Only others who redrive the same queue at the same moment are rivals. */
const RACES: RetryPolicy = { maxAttempts: 6, baseDelayMs: 20, maxDelayMs: 300 };

/** Left over for writing down what it came to: without that, the letters are moved, and the same request moves what is there then. */
const NOTE_MS = 2_000;

/** What is written of a redrive: its begin, or its end. */
interface Note {
  readonly change: (before: RedriveRecord | undefined) => Omit<RedriveRecord, 'audit_seq' | 'audit_hash' | 'version'>;
  readonly says: Pick<AuditContent, 'action' | 'detail' | 'reason'>;
  readonly answer?: RedrivenView;
}

/**
 * Has the letters of a dead-letter queue worked again. That it begins is on the audit stream before the first letter moves, what it came to
 * together with the answer. A request that is cut off in between is sent again with its key, and moves what is there then.
 *
 * @throws QUEUE_NOT_FOUND, INVALID_TRANSITION for a queue that is worked, OUTCOME_UNKNOWN when the mover does not answer,
 *   WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export async function redriveLetters(
  deps: RedriveLettersDependencies,
  name: string,
  reason: string,
  context: IdempotentContext,
): Promise<RedrivenView> {
  const queue = foundQueue(deps.stage, name);
  if (queue.kind === 'work') {
    throw new HavenError(
      'INVALID_TRANSITION',
      `${queue.name} is worked; its dead letters are in ${queue.deadLetters}: redrive that`,
    );
  }
  await deps.idempotency.replayIfAnswered(context.idempotency);
  const begun = {
    id: queue.name,
    begun_at: isoTime(deps.clock()),
    by: context.principal.id,
    request_id: context.requestId,
  };
  await note(deps, queue.name, context, {
    change: () => ({ ...begun, ended_at: null, outcome: null }),
    says: { action: 'queue.redrive_begun', detail: { redrive: queue.redrive }, reason },
  });
  const outcome = await move(deps, queue, context);
  const answer = { name: queue.name, redrive: queue.redrive, ...outcome };
  const ended_at = isoTime(deps.clock());
  await note(deps, queue.name, context, {
    // One that began meanwhile is the last redrive now, whenever this one ends.
    change: (before) =>
      before === undefined || before.request_id === begun.request_id ? { ...begun, ended_at, outcome } : before,
    says: { action: 'queue.redriven', detail: { redrive: queue.redrive, ...outcome } },
    answer,
  });
  return answer;
}

async function move(
  { mover, clock }: RedriveLettersDependencies,
  queue: DeadLetterQueue,
  { deadline, log }: IdempotentContext,
): Promise<Redriven> {
  try {
    return await mover.redrive(queue.name, Deadline.in(deadline.remainingMs() - NOTE_MS, clock));
  } catch (error) {
    log.write('QUEUES_UNREADABLE', { error });
    throw new HavenError(
      'OUTCOME_UNKNOWN',
      'Nobody knows how many letters were moved. None is lost; ask again with the same Idempotency-Key',
      { cause: error },
    );
  }
}

function note(
  deps: RedriveLettersDependencies,
  queue: string,
  context: IdempotentContext,
  { change, says, answer }: Note,
): Promise<void> {
  const stream = queueStream(queue);
  return untilUnraced(
    async () => {
      const before = await deps.readRedrive(queue);
      const end = queueHead(before) ?? (await deps.endOfStream(stream)) ?? emptyHead(stream);
      const content = {
        ...says,
        actor: context.principal.id,
        severity: 'INFO',
        request_id: context.requestId,
      } as const;
      const { entry, head } = nextEntry(stream, end, content, isoTime(deps.clock()));
      const after: RedriveRecord = { ...change(before), ...head, version: (before?.version ?? 0) + 1 };
      const write = new WriteTransaction();
      if (answer !== undefined) deps.idempotency.record(write, context.idempotency, { status: 200, body: answer });
      write.put(
        deps.tables.ephemeral,
        { ...redriveKey(queue), ...after },
        () => new Raced(`Somebody else redrives ${queue}`),
        unchangedSince(before),
      );
      appendEntry(write, deps.tables.audit, entry);
      await write.commit(deps.client, context.deadline);
    },
    RACES,
    context.deadline,
  );
}
