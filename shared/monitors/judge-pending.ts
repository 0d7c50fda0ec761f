import type { Transaction } from '#shared/transactions/transaction.ts';
import type { RaisedCondition } from './condition.ts';
import type { Thresholds } from './thresholds.ts';

/** Transactions, or wallets, named in an alert; the status route has the others. */
const MAX_NAMED = 10;
/** So many times the threshold: what was stuck has not come loose by itself. */
const GRAVE_FACTOR = 6;
const MINUTE_MS = 60_000;

/** What of a chain says how long a transaction takes when all goes well. */
interface ChainPace {
  readonly chain_id: number;
  readonly required_confirmations: number;
  readonly block_time_ms: number;
}

/** From when on a transaction is stuck, and a chain stands still. */
type PendingThresholds = Pick<Thresholds, 'pending_tx_threshold_minutes' | 'halted_chain_lanes'>;

/** A lane that is stuck. */
interface StuckLane {
  readonly lane: string;
  /** Not empty, the oldest first. */
  readonly transactions: readonly Transaction[];
  readonly isGrave: boolean;
}

/**
 * Lanes in which transactions have been open for too long, the oldest first. A mined one has the time of its confirmations besides. One that
 * waits for funds is left out with all behind it: the lane tells what its wallet lacks, by `balance_low`, and that condition repeats it. Where many lanes
 * of a chain are stuck, they are one condition, until one is left at most: the cause is the chain, or its endpoints. Pure.
 *
 * @param open oldest first
 * @param openKeys of what was raised before
 */
export function judgePending(
  open: readonly Transaction[],
  chains: readonly ChainPace[],
  { pending_tx_threshold_minutes: thresholdMinutes, halted_chain_lanes }: PendingThresholds,
  nowMs: number,
  openKeys: readonly string[] = [],
): readonly RaisedCondition[] {
  const overdueMs = (transaction: Transaction) =>
    nowMs - Date.parse(transaction.created_at) - allowedMs(transaction, chains, thresholdMinutes);
  const graveMs = (GRAVE_FACTOR - 1) * thresholdMinutes * MINUTE_MS;
  const all = Map.groupBy(open, ({ chain_id, from }) => `${chain_id}#${from.toLowerCase()}`);
  const stuck = [...all].flatMap(([lane, ofLane]): StuckLane[] => {
    const starved = ofLane.findIndex(({ waiting_for }) => waiting_for === 'funds');
    const unstarved = starved === -1 ? ofLane : ofLane.slice(0, starved);
    const transactions = unstarved.filter((one) => overdueMs(one) > 0);
    if (transactions.length === 0) return [];
    return [{ lane, transactions, isGrave: transactions.some((one) => overdueMs(one) > graveMs) }];
  });
  return [...Map.groupBy(stuck, ({ lane }) => lane.split('#')[0])].flatMap(([chain, lanes]) => {
    const key = `transactions_pending:${chain}`;
    const isOfChain = lanes.length >= halted_chain_lanes || (lanes.length > 1 && openKeys.includes(key));
    return isOfChain ? [ofChain(key, lanes, thresholdMinutes)] : lanes.map((lane) => ofLane(lane, thresholdMinutes));
  });
}

/** Keys of conditions of single lanes that a condition of their whole chain covers: they end without a word. Pure. */
export function coveredByChain(raised: readonly RaisedCondition[], openKeys: readonly string[]): readonly string[] {
  return openKeys.filter((key) => raised.some((condition) => key.startsWith(`${condition.key}#`)));
}

function ofLane({ lane, transactions, isGrave }: StuckLane, thresholdMinutes: number): RaisedCondition {
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
}

function ofChain(key: string, lanes: readonly StuckLane[], thresholdMinutes: number): RaisedCondition {
  const wallets = lanes.slice(0, MAX_NAMED).flatMap(({ transactions: [oldest] }) => oldest ?? []);
  const chainId = wallets[0]?.chain_id;
  return {
    key,
    category: 'transaction_pending',
    severity: lanes.some(({ isGrave }) => isGrave) ? 'ERROR' : 'WARNING',
    summary: `Transactions of many wallets of chain ${chainId} have been open for more than ${thresholdMinutes} minutes: ${lanes.length}`,
    details: {
      chain_id: chainId,
      wallets: wallets.map(({ wallet_id, from, id, status, waiting_for, created_at }) => ({
        ...{ wallet_id, address: from, transaction_id: id, status, waiting_for, created_at },
      })),
      wallet_count: lanes.length,
      count: lanes.reduce((sum, { transactions }) => sum + transactions.length, 0),
    },
  };
}

function allowedMs({ status, chain_id }: Transaction, chains: readonly ChainPace[], thresholdMinutes: number): number {
  const pace = status === 'mined' ? chains.find((chain) => chain.chain_id === chain_id) : undefined;
  const confirmingMs = pace === undefined ? 0 : pace.required_confirmations * pace.block_time_ms;
  return thresholdMinutes * MINUTE_MS + confirmingMs;
}
