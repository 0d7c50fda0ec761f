import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { type Attempt, awaitsBlock, currentAttempt, type Transaction } from '../transaction.ts';
import { type ChainView, judgeStranger, receiptOf } from './chain-view.ts';
import type { Overdue } from './second-opinion.ts';

/**
 * Accepted and unseen for this many block times, a transaction is looked for at another endpoint, and its bytes are handed
 * over again: the node may have dropped them, or be where nobody else is.
 */
export const SILENT_BLOCKS = 10;

/**
 * A nonce that nodes call used, and a view still calls free, is so in the view of one endpoint after this time and as many
 * blocks as an endpoint may be behind: no sooner, because who is only late has it by then. The time bears clocks that differ.
 */
export const SAID_USED_AFTER_MS = 15_000;

/**
 * Whether a broadcast is so long ago that what was accepted should be in a block.
 *
 * @param broadcastAt ISO 8601
 * @param nowMs milliseconds since the Unix epoch
 */
export function isSilent(
  broadcastAt: string,
  { block_time_ms }: Pick<ChainConfig, 'block_time_ms'>,
  nowMs: number,
): boolean {
  return nowMs - Date.parse(broadcastAt) >= SILENT_BLOCKS * block_time_ms;
}

/**
 * Whether a view ought to have a transaction that it does not have. A count that stands still looks like that, a node on a
 * fork of its own, and one that has lost receipts. Pure.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function overdueOf(
  transaction: Transaction,
  view: ChainView,
  chain: Pick<ChainConfig, 'block_time_ms' | 'rpc_max_head_lag_blocks'>,
  nowMs: number,
): Overdue | undefined {
  const { nonce } = transaction;
  const attempt = currentAttempt(transaction);
  if (!awaitsBlock(transaction) || nonce === null || attempt === undefined || attempt.broadcast_at === null)
    return undefined;
  // A stranger's use is a claim of its own.
  const { kind } = judgeStranger(transaction, view);
  if (receiptOf(transaction, view) !== undefined || kind === 'seen' || kind === 'final') return undefined;
  const silent = isSilent(attempt.broadcast_at, chain, nowMs);
  const isSaidUsed = isSaidUsedFor(attempt, view, chain);
  if (nonce < view.latestCount) return silent ? { transaction, nonce, isSaidUsed, restsOn: 'facts' } : undefined;
  const isDue = isSaidUsed || (silent && attempt.outcome === 'accepted');
  return isDue ? { transaction, nonce, isSaidUsed, restsOn: 'count' } : undefined;
}

/** Whether nodes call the nonce used for so long, by the view's own time, that who is only late would know. */
function isSaidUsedFor(
  { nonce_too_low_since }: Attempt,
  { head }: ChainView,
  { block_time_ms, rpc_max_head_lag_blocks }: Pick<ChainConfig, 'block_time_ms' | 'rpc_max_head_lag_blocks'>,
): boolean {
  if (nonce_too_low_since === null) return false;
  const saidForMs = head.timestampSeconds * 1_000 - Date.parse(nonce_too_low_since);
  return saidForMs >= Math.max(SAID_USED_AFTER_MS, (rpc_max_head_lag_blocks + 1) * block_time_ms);
}
