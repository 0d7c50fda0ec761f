import type { Transaction } from '#shared/transactions/transaction.ts';
import type { RaisedCondition } from './condition.ts';
import type { Thresholds } from './thresholds.ts';

/** Transactions named in an alert; the status route has the others. */
const MAX_NAMED = 10;
/** So many failures of one kind within the window are no accident of one of them. */
const MANY_FAILURES = 5;
const MINUTE_MS = 60_000;

/**
 * Chains on which transactions failed or reverted lately, by kind: a condition and not an alert each, so that a thousand that fail of one cause
 * are one story. It is over when none has ended so within window and cool-down: one that ends after the story was told is still part of it when it is
 * told again, a cool-down later. Many within the window are a grave matter. What ended a refund is left out: the refund's own alert tells it. Pure.
 */
export function judgeFailed(
  failed: readonly Transaction[],
  { failed_tx_window_minutes, cool_down_minutes }: Pick<Thresholds, 'failed_tx_window_minutes' | 'cool_down_minutes'>,
  nowMs: number,
): readonly RaisedCondition[] {
  const keptMinutes = failed_tx_window_minutes + cool_down_minutes;
  const endedWithin = (minutes: number, { updated_at }: Transaction) =>
    nowMs - Date.parse(updated_at) <= minutes * MINUTE_MS;
  const recent = failed.filter(
    (transaction) => endedWithin(keptMinutes, transaction) && transaction.watcher?.startsWith('refund:') !== true,
  );
  const kinds = Map.groupBy(recent, ({ chain_id, status }) => `${chain_id}:${status}`);
  return [...kinds].map(([kind, transactions]) => ({
    key: `transactions_failed:${kind}`,
    category: 'transaction_failed',
    severity:
      transactions.filter((one) => endedWithin(failed_tx_window_minutes, one)).length >= MANY_FAILURES
        ? 'ERROR'
        : 'WARNING',
    summary: `Transactions ${transactions[0]?.status} within ${keptMinutes} minutes: ${transactions.length}`,
    details: {
      chain_id: transactions[0]?.chain_id,
      transactions: transactions.slice(0, MAX_NAMED).map(({ id, wallet_id, failure, updated_at }) => ({
        ...{ transaction_id: id, wallet_id, code: failure?.code ?? null, ended_at: updated_at },
      })),
      count: transactions.length,
    },
  }));
}
