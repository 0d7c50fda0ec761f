import * as z from 'zod';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { DUE_DESTRUCTIONS, requestItem, requestKey } from '../dual-control/request-row.ts';
import type { RequestStore } from '../dual-control/request-store.ts';
import { type DualControlDependencies, Raced } from '../dual-control/take-step.ts';
import { DESTRUCTION_KIND, type Destruction } from './destruction.ts';

/** What putting off needs. */
interface PutOffDependencies extends DualControlDependencies {
  readonly destructions: Pick<RequestStore<Destruction>, 'get'>;
  readonly log: Log;
}

/** The schedule runs each minute. */
const FIRST_DELAY_MS = 60_000;
/** A wallet that stays as it is needs a person, who should be told each day. */
const MAX_DELAY_MS = 24 * 60 * 60_000;
/** What passes by itself has passed by then: seven minutes after the first. */
const FAILURES_UNTIL_ALERT = 3;

/** How long a destruction that failed so often waits. */
export function delayAfterMs(failures: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
}

/**
 * Puts off a destruction that failed, twice as long each time, so that those that can't succeed keep no place among the few that a
 * run takes. From the third failure on each one is an alert.
 *
 * One that can't be read waits for a day, and is an alert each time: whoever wrote it, nothing of it may be believed.
 *
 * @throws what the tables refuse with; Raced when somebody changed it meanwhile, who is right
 */
export async function putOff(deps: PutOffDependencies, id: string, deadline: Deadline): Promise<void> {
  let request: Destruction;
  try {
    request = await deps.destructions.get(id);
  } catch (error) {
    if (error instanceof z.ZodError) return putOffUnreadable(deps, id, deadline);
    throw error;
  }
  if (request.status !== 'approved') return;
  const nowMs = deps.clock();
  const failures = (request.failures ?? 0) + 1;
  const retryAt = isoTime(nowMs + delayAfterMs(failures));
  const write = new WriteTransaction();
  const later = { ...request, failures, retry_at: retryAt, version: request.version + 1 };
  write.put(
    deps.tables.approvals,
    requestItem(DESTRUCTION_KIND.name, later),
    () => new Raced(`${id} was changed meanwhile`),
    {
      expression: '#status = :approved AND #version = :version',
      names: { '#status': 'status', '#version': 'version' },
      values: { ':approved': 'approved', ':version': request.version },
    },
  );
  const alert: Alert = {
    id: deps.newId('alr'),
    severity: 'ERROR',
    category: 'key_access',
    summary: 'The key of a revoked wallet can not be destroyed',
    details: { request_id: id, wallet_id: request.wallet_id, address: request.address, failures, retry_at: retryAt },
    dedupe_key: `${id}#put_off#${failures}`,
    occurred_at: isoTime(nowMs),
  };
  if (failures >= FAILURES_UNTIL_ALERT) recordAlert(write, deps.tables, alert);
  await write.commit(deps.client, deadline);
  if (failures >= FAILURES_UNTIL_ALERT) reportAlert(deps, alert);
}

/** Leaves all of the row as it is but for its place among those that wait: only a person can say what it was to be. */
async function putOffUnreadable(deps: PutOffDependencies, id: string, deadline: Deadline): Promise<void> {
  const row = await readItem(deps.client, deps.tables.approvals, requestKey(id));
  const due = row?.['gsi2sk'];
  // Gone since, or waits no longer: told of by an index that lags behind.
  if (row === undefined || due === undefined) return;
  const nowMs = deps.clock();
  const retryAt = isoTime(nowMs + MAX_DELAY_MS);
  const write = new WriteTransaction();
  const later = { ...row, ...requestKey(id), gsi2pk: DUE_DESTRUCTIONS, gsi2sk: `${retryAt}#${id}` };
  write.put(deps.tables.approvals, later, () => new Raced(`${id} was changed meanwhile`), {
    expression: 'gsi2sk = :due',
    values: { ':due': due },
  });
  const alert: Alert = {
    id: deps.newId('alr'),
    severity: 'CRITICAL',
    category: 'key_access',
    summary: 'The row of an approved destruction is damaged: it says nothing that can be acted on',
    details: { request_id: id, retry_at: retryAt },
    dedupe_key: `${id}#unreadable#${retryAt}`,
    occurred_at: isoTime(nowMs),
  };
  recordAlert(write, deps.tables, alert);
  await write.commit(deps.client, deadline);
  reportAlert(deps, alert);
}
