import type { Transaction } from '#shared/transactions/transaction.ts';
import type { RaisedCondition } from './condition.ts';

/** Transactions named in an alert; the status route has the others. */
const MAX_NAMED = 10;
/** So many times the threshold: what was stuck has not come loose by itself. */
const GRAVE_FACTOR = 6;
/** So many failures of one kind within the window are no accident of one of them. */
const MANY_FAILURES = 5;
const MINUTE_MS = 60_000;

/** What of a chain says how long a transaction takes when all goes well. */
interface ChainPace {
  readonly chain_id: number;
  readonly required_confirmations: number;
  readonly block_time_ms: number;
}

/**
 * Lanes in which transactions have been open for too long, the oldest first. A mined one has the time of its confirmations besides. One that
 * waits for funds is left out: the lane tells what its wallet lacks, by `balance_low`, and that condition repeats it. Pure.
 *
 * @param open oldest first
 */
export function judgePending(
  open: readonly Transaction[],
  chains: readonly ChainPace[],
  thresholdMinutes: number,
  nowMs: number,
): readonly RaisedCondition[] {
  const overdueMs = (transaction: Transaction) =>
    nowMs - Date.parse(transaction.created_at) - allowedMs(transaction, chains, thresholdMinutes);
  const stuck = open.filter((transaction) => transaction.waiting_for !== 'funds' && overdueMs(transaction) > 0);
  const lanes = Map.groupBy(stuck, ({ chain_id, from }) => `${chain_id}#${from.toLowerCase()}`);
  return [...lanes].map(([lane, transactions]) => {
    const isGrave = transactions.some((one) => overdueMs(one) > (GRAVE_FACTOR - 1) * thresholdMinutes * MINUTE_MS);
    const [oldest] = transactions;
    return {
      key: `transactions_pending:${lane}`,
      category: 'transaction_pending',
      severity: isGrave ? 'ERROR' : 'WARNING',
      summary: `Transactions of a wallet have been open for more than ${thresholdMinutes} minutes: ${transactions.length}`,
      details: {
        chain_id: oldest?.chain_id,
        wallet_id: oldest?.wallet_id,
        address: oldest?.from,
        transactions: transactions.slice(0, MAX_NAMED).map(({ id, status, waiting_for, created_at }) => ({
          ...{ transaction_id: id, status, waiting_for, created_at },
        })),
        count: transactions.length,
      },
    };
  });
}

function allowedMs({ status, chain_id }: Transaction, chains: readonly ChainPace[], thresholdMinutes: number): number {
  const pace = status === 'mined' ? chains.find((chain) => chain.chain_id === chain_id) : undefined;
  const confirmingMs = pace === undefined ? 0 : pace.required_confirmations * pace.block_time_ms;
  return thresholdMinutes * MINUTE_MS + confirmingMs;
}

/**
 * Chains on which transactions failed or reverted lately, by kind: a condition and not an alert each, so that a thousand that fail of one cause
 * are one story. It is over when none has ended so within the window. What ended a refund is left out: the refund's own alert tells it. Pure.
 */
export function judgeFailed(
  failed: readonly Transaction[],
  windowMinutes: number,
  nowMs: number,
): readonly RaisedCondition[] {
  const recent = failed.filter(
    ({ updated_at, watcher }) =>
      nowMs - Date.parse(updated_at) <= windowMinutes * MINUTE_MS && watcher?.startsWith('refund:') !== true,
  );
  const kinds = Map.groupBy(recent, ({ chain_id, status }) => `${chain_id}:${status}`);
  return [...kinds].map(([kind, transactions]) => ({
    key: `transactions_failed:${kind}`,
    category: 'transaction_failed',
    severity: transactions.length >= MANY_FAILURES ? 'ERROR' : 'WARNING',
    summary: `Transactions ${transactions[0]?.status} within ${windowMinutes} minutes: ${transactions.length}`,
    details: {
      chain_id: transactions[0]?.chain_id,
      transactions: transactions.slice(0, MAX_NAMED).map(({ id, wallet_id, failure, updated_at }) => ({
        ...{ transaction_id: id, wallet_id, code: failure?.code ?? null, ended_at: updated_at },
      })),
      count: transactions.length,
    },
  }));
}
