import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditHead, auditHeadSchema, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { alertKey, attentionPartition } from './alert-row.ts';
import { type AlertView, toAlertView } from './alert-view.ts';
import type { AlertFile } from './delivery/alert-file.ts';
import type { ToldAlert } from './delivery/told-alert.ts';

/** What working on alerts by API needs. */
export interface AlertDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly logs: string; readonly audit: string };
  /** An alert with its deliveries, strongly consistent; undefined when there is none. */
  readonly loadAlert: (id: string) => Promise<AlertFile | undefined>;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  /** Where the runbook is, without `#` and a section's name. */
  readonly runbookUrl: string;
}

/** @throws ALERT_NOT_FOUND */
export async function foundAlert({ loadAlert }: Pick<AlertDependencies, 'loadAlert'>, id: string): Promise<AlertFile> {
  const file = await loadAlert(id);
  if (file === undefined) throw alertNotFound(id);
  return file;
}

/** The error for an alert that is not there: it never was, or its time is over. */
export function alertNotFound(id: string): HavenError {
  return new HavenError('ALERT_NOT_FOUND', `There is no alert ${id}, or no more`);
}

/**
 * Notes that somebody looks after an alert: in its row, in the index of what is open, and on its audit stream, in one transaction. Whoever was first stays
 * named: to acknowledge it again changes nothing.
 *
 * @param note undefined: none
 * @throws ALERT_NOT_FOUND, WRITE_CONFLICT when somebody else did meanwhile
 */
export async function acknowledgeAlert(
  deps: AlertDependencies,
  id: string,
  note: string | undefined,
  context: IdempotentContext,
): Promise<AlertView> {
  const { alert } = await foundAlert(deps, id);
  if (alert.acknowledged !== undefined) return toAlertView(alert, deps.runbookUrl);
  const at = isoTime(deps.clock());
  const acknowledged = { at, by: context.principal.id, note: note ?? null };
  const { severity, category } = alert;
  const { entry, head } = nextEntry(
    id,
    alertHead(alert),
    {
      action: 'alert.acknowledged',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      ...(note === undefined ? {} : { reason: note }),
      detail: { severity, category },
    },
    at,
  );
  const view = toAlertView({ ...alert, acknowledged }, deps.runbookUrl);
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 200, body: view });
  write.update(
    deps.tables.logs,
    alertKey(id),
    {
      expression: 'SET acknowledged = :acknowledged, gsi3pk = :partition, audit_seq = :seq, audit_hash = :hash',
      values: {
        ':acknowledged': acknowledged,
        ':partition': attentionPartition(severity, 'acknowledged'),
        ':seq': head.audit_seq,
        ':hash': head.audit_hash,
      },
    },
    () => new HavenError('WRITE_CONFLICT', 'Somebody else acknowledged it meanwhile', { retryAfterSeconds: 1 }),
    { expression: 'attribute_exists(pk) AND attribute_not_exists(acknowledged)' },
  );
  appendEntry(write, deps.tables.audit, entry);
  await write.commit(deps.client, context.deadline);
  return view;
}

/** Where the audit stream of an alert ends. */
export function alertHead(alert: ToldAlert): AuditHead {
  return auditHeadSchema.safeParse(alert).data ?? emptyHead(alert.id);
}
