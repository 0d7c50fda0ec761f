import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert } from '#shared/alerts/record-alert.ts';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { nextEntry } from '#shared/audit/audit-entry.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { NOT_EXISTS, tooManyRivals, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type RetryPolicy, type Sleep, sleep, withRetry } from '#shared/platform/retry.ts';
import { auditHeadOf, type CustodyChange, type CustodyState, changeCustody } from '../custody-state.ts';
import type { WalletStore } from '../wallet-store.ts';
import { afterStep, type ControlledRequest, refuseStep, type Step, stepCondition } from './request.ts';
import type { RequestKind } from './request-kind.ts';
import { requestItem } from './request-row.ts';

/** What dual control needs. */
export interface DualControlDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: {
    readonly approvals: string;
    readonly ledger: string;
    readonly audit: string;
    readonly logs: string;
  };
  readonly wallets: Pick<WalletStore, 'get' | 'custodyState'>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
  readonly wait?: Sleep;
}

/** The request, or where the wallet's stream ends, was changed since it was read. */
export class Raced extends Error {}

/** A busy wallet's stream moves several times a second; these writes must get in between. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 30, baseDelayMs: 10, maxDelayMs: 100 };

/**
 * Runs what reads, decides and writes, again from the start whenever a rival came between.
 *
 * @throws WRITE_CONFLICT when rivals never left
 */
export function againstRivals<T>(
  deps: Pick<DualControlDependencies, 'wait'>,
  deadline: Deadline,
  run: () => Promise<T>,
): Promise<T> {
  const wait = deps.wait ?? sleep;
  return withRetry(run, (error) => error instanceof Raced, RIVALS_RETRY, deadline, wait).catch((error: unknown) => {
    throw error instanceof Raced ? tooManyRivals(error) : error;
  });
}

/** Who does something, in which request. */
export interface Actor {
  readonly id: string;
  readonly requestId: string;
}

/** What a step changes of the wallet besides its audit head, and what must hold for it. */
export interface CustodyTerms {
  readonly custody: CustodyState;
  /** What of the key state is set with it. */
  readonly set?: NonNullable<CustodyChange['set']>;
  /** Whether the wallet must be revoked. */
  readonly revoked?: true;
}

/**
 * Adds a new request to a transaction: its row, an entry on the wallet's stream and a CRITICAL alert.
 *
 * @returns the alert, for reporting once it is committed
 */
export function addRequest<R extends ControlledRequest>(
  write: WriteTransaction,
  deps: Pick<DualControlDependencies, 'tables' | 'newId'>,
  kind: RequestKind<R>,
  request: R,
  actor: Actor,
  terms: CustodyTerms,
): Alert {
  const raced = () => new Raced(`${request.id} is there already`);
  write.put(deps.tables.approvals, requestItem(kind.name, request), raced, NOT_EXISTS);
  return addRecord(write, deps, kind, request, 'request', request.reason, actor, request.requested_at, terms);
}

/** One step with a request, as it is asked for. */
export interface TakenStep {
  readonly step: Step;
  readonly actor: Actor;
  /** ISO 8601, UTC. */
  readonly now: string;
  /** Why; the request's own reason where the step has none. */
  readonly reason?: string | undefined;
  /** When what is approved can be done; for `approve`. */
  readonly use?: Pick<ControlledRequest, 'use_from' | 'use_by'>;
}

/**
 * Adds a step to a transaction: the request's new state on the condition of the rules, an entry on the wallet's stream
 * and a CRITICAL alert.
 *
 * @throws FORBIDDEN, INVALID_TRANSITION; (at commit) Raced
 */
export function addStep<R extends ControlledRequest>(
  write: WriteTransaction,
  deps: Pick<DualControlDependencies, 'tables' | 'newId'>,
  kind: RequestKind<R>,
  request: R,
  { step, actor, now, reason, use = {} }: TakenStep,
  terms: CustodyTerms,
): { readonly next: R; readonly alert: Alert } {
  refuseStep(request, step, actor.id, now);
  const next = afterStep(request, step, actor.id, now, use);
  const raced = () => new Raced(`${request.id} was changed meanwhile`);
  write.put(deps.tables.approvals, requestItem(kind.name, next), raced, stepCondition(request, step, actor.id, now));
  return { next, alert: addRecord(write, deps, kind, next, step, reason ?? request.reason, actor, now, terms) };
}

/** The audit entry on the wallet's stream, with its head, and the alert. */
function addRecord<R extends ControlledRequest>(
  write: WriteTransaction,
  { tables, newId }: Pick<DualControlDependencies, 'tables' | 'newId'>,
  kind: RequestKind<R>,
  request: R,
  step: Step | 'request',
  reason: string,
  actor: Actor,
  at: string,
  { custody, set = {}, revoked }: CustodyTerms,
): Alert {
  const { id, wallet_id, address, requested_by, approved_by, version } = request;
  const detail = { request_id: id, requested_by, approved_by: approved_by ?? null, version, ...kind.facts(request) };
  const { entry, head } = nextEntry(
    wallet_id,
    auditHeadOf(custody),
    { action: kind.actions[step], actor: actor.id, severity: 'CRITICAL', request_id: actor.requestId, reason, detail },
    at,
  );
  // What is asked of a key that was destroyed can still be called off, and nothing else.
  const must: CustodyChange['must'] = {
    ...(step === 'cancel' || step === 'reject' ? {} : { hasKey: true }),
    ...(revoked ? { status: 'revoked' } : {}),
  };
  const moved = () => new Raced(`The stream of ${wallet_id} moved`);
  changeCustody(write, tables.ledger, wallet_id, { before: custody, head, set, must }, moved);
  appendEntry(write, tables.audit, entry);
  const alert: Alert = {
    id: newId('alr'),
    severity: 'CRITICAL',
    category: 'key_access',
    summary: kind.summaries[step],
    details: { ...detail, wallet_id, address, actor: actor.id, reason },
    dedupe_key: `${id}#${step}`,
    occurred_at: at,
  };
  recordAlert(write, tables, alert);
  return alert;
}
