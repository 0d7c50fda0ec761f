import type { AuditHead } from '#shared/audit/audit-entry.ts';
import { NOT_EXISTS, type WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { Alert } from './alert.ts';
import { alertItem } from './alert-row.ts';

/**
 * Adds an alert to the transaction whose change it tells of: there is no such change without its alert, and no alert of
 * what did not happen. The alert notifier finds it in the index of what is undelivered, woken by the table's stream or by its
 * schedule, and tells it to every channel. Call `reportAlert` once the transaction is committed.
 *
 * @param tables with the logs table; needs the right to put items there
 * @param head where its own audit stream ends, if somebody asked for it
 * @param onKnown the error when there is an alert of this id
 * @throws (at commit) what `onKnown` returns
 */
export function recordAlert(
  write: WriteTransaction,
  tables: { readonly logs: string },
  alert: Alert,
  { head, onKnown = recordedAlready }: { readonly head?: AuditHead; readonly onKnown?: () => Error } = {},
): void {
  write.put(
    tables.logs,
    { ...alertItem(alert), ...head },
    onKnown,
    // Who records alerts may not read them.
    { ...NOT_EXISTS, showsExisting: false },
  );
}

function recordedAlready(): HavenError {
  return new HavenError('WRITE_CONFLICT', 'The alert was recorded already; try again', { retryAfterSeconds: 1 });
}

/**
 * Logs and counts an alert that is stored; CRITICAL ones have a count of their own. An alarm sounds on it, whichever function counts it, besides the
 * alert's own channels: it needs neither those nor the notifier, and an operator may have set up no channel.
 */
export function reportAlert({ log, metrics }: { readonly log: Log; readonly metrics: Metrics }, alert: Alert): void {
  const { id, severity, category, summary, dedupe_key } = alert;
  log.write('ALERT_RECORDED', { alert_id: id, severity, category, summary, dedupe: dedupe_key });
  metrics.count('AlertRecorded');
  if (severity === 'CRITICAL') metrics.count('CriticalAlert');
}
