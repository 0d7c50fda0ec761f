import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditHead, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { step } from '#shared/platform/breaker/breaker-state.ts';
import { type BreakerDirectory, type BreakerRecord, breakerItem } from '#shared/platform/breaker/breaker-store.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { ListAnswer, ListPager } from '#shared/platform/http/list-pager.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { breakerDetailView, breakerView } from './breaker-routes.ts';

type BreakerView = z.output<typeof breakerView>;
type BreakerDetailView = z.output<typeof breakerDetailView>;

/** What operators' use cases on circuit breakers need. */
export interface BreakerDependencies {
  readonly breakers: BreakerDirectory;
  readonly pager: ListPager;
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ephemeral: string; readonly audit: string };
  readonly idempotency: IdempotencyStore;
  /** Where an audit stream ends by its entries; undefined when it has none. */
  readonly endOfStream: (stream: string) => Promise<AuditHead | undefined>;
  readonly clock: Clock;
}

/** The audit stream of a circuit breaker. */
export function breakerStream(name: string): string {
  return `breaker:${name}`;
}

/** Where the audit stream of a circuit ends; undefined while nobody has reset it. */
export function breakerHead(record: BreakerRecord | undefined): AuditHead | undefined {
  const { audit_seq, audit_hash } = record ?? {};
  return audit_seq === undefined || audit_hash === undefined ? undefined : { audit_seq, audit_hash };
}

/** Lists circuit breakers to which something has happened. */
export function listBreakers(
  { breakers, pager }: BreakerDependencies,
  query: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<ListAnswer<BreakerView>> {
  return pager.page('circuit-breakers', {}, query.cursor, async (before) => {
    const { rows, lastId } = await breakers.list(before, query.limit);
    return { rows: rows.map(toView), lastId };
  });
}

/**
 * Shows a circuit breaker.
 *
 * @throws CIRCUIT_NOT_FOUND
 */
export async function showBreaker(
  { breakers }: Pick<BreakerDependencies, 'breakers'>,
  name: string,
): Promise<BreakerDetailView> {
  return toDetail(await found(breakers, name));
}

/**
 * Closes a circuit by hand: its state, the audit entry and the answer in one transaction. The end of the audit stream
 * is kept with the state. Should the state ever be lost, the stream itself says where it goes on.
 *
 * @throws CIRCUIT_NOT_FOUND, VERSION_MISMATCH, WRITE_CONFLICT when a process changed it meanwhile
 */
export async function resetBreaker(
  deps: BreakerDependencies,
  name: string,
  reason: string,
  context: IdempotentContext,
): Promise<BreakerDetailView> {
  const before = await found(deps.breakers, name);
  requireVersion(context, before.version, `The circuit ${name}`);
  const nowMs = deps.clock();
  const stream = breakerStream(name);
  const { entry, head } = nextEntry(
    stream,
    breakerHead(before) ?? (await deps.endOfStream(stream)) ?? emptyHead(stream),
    {
      action: 'breaker.reset',
      actor: context.principal.id,
      severity: 'WARNING',
      request_id: context.requestId,
      reason,
      detail: { status: before.state.status, failures: before.state.failures },
    },
    isoTime(nowMs),
  );
  // The reason is for the audit stream alone: an operator may write anything there.
  const event = { type: 'reset', cause: `reset by ${context.principal.id}` } as const;
  const state = step(before.state, event, DEFAULT_POLICY, nowMs);
  const after: BreakerRecord = { ...before, ...head, state, version: before.version + 1 };
  const answer = toDetail(after);
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 200, body: answer });
  write.put(
    deps.tables.ephemeral,
    breakerItem(after, nowMs),
    () => new HavenError('WRITE_CONFLICT', 'The circuit changed meanwhile; try again', { retryAfterSeconds: 1 }),
    unchangedSince(before),
  );
  appendEntry(write, deps.tables.audit, entry);
  await write.commit(deps.client, context.deadline);
  return answer;
}

async function found(breakers: Pick<BreakerDirectory, 'read'>, name: string): Promise<BreakerRecord> {
  const record = await breakers.read(name);
  if (record === undefined)
    throw new HavenError('CIRCUIT_NOT_FOUND', `Nothing has happened to a circuit ${name}: it is closed`);
  return record;
}

function toView({ id, state, version }: BreakerRecord): BreakerView {
  const [latest] = state.history;
  return {
    name: id,
    status: state.status,
    failures: state.failures,
    successes: state.successes,
    retry_at: state.open_until_ms === null ? null : isoTime(state.open_until_ms),
    last_failure_at: state.last_failure_at_ms === null ? null : isoTime(state.last_failure_at_ms),
    changed_at: latest === undefined ? null : isoTime(latest.at_ms),
    cause: latest?.cause ?? null,
    version,
  };
}

function toDetail(record: BreakerRecord): BreakerDetailView {
  const history = record.state.history.map(({ at_ms, ...change }) => ({ ...change, at: isoTime(at_ms) }));
  return { ...toView(record), history };
}
