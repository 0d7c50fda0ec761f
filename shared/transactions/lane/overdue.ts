import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { currentAttempt, type Transaction } from '../transaction.ts';
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
 * Whether a view ought to have a transaction that it does not have. A count that stands still looks like that, a node on a
 * fork of its own, and one that has lost receipts. Pure.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function overdueOf(
  transaction: Transaction,
  view: ChainView,
  { block_time_ms, rpc_max_head_lag_blocks }: Pick<ChainConfig, 'block_time_ms' | 'rpc_max_head_lag_blocks'>,
  nowMs: number,
): Overdue | undefined {
  const { nonce, status } = transaction;
  const attempt = currentAttempt(transaction);
  const isOpen = status === 'signed' || status === 'submitted';
  if (!isOpen || nonce === null || attempt === undefined || attempt.broadcast_at === null) return undefined;
  // A stranger's use is a claim of its own.
  const { kind } = judgeStranger(transaction, view);
  if (receiptOf(transaction, view) !== undefined || kind === 'seen' || kind === 'final') return undefined;
  const isFree = nonce >= view.latestCount;
  const { broadcast_at, nonce_too_low_since, outcome } = attempt;
  const isSilent = nowMs - Date.parse(broadcast_at) >= SILENT_BLOCKS * block_time_ms;
  const isSaidUsed =
    nonce_too_low_since !== null &&
    view.head.timestampSeconds * 1_000 - Date.parse(nonce_too_low_since) >=
      Math.max(SAID_USED_AFTER_MS, (rpc_max_head_lag_blocks + 1) * block_time_ms);
  if (isFree ? !isSaidUsed && !(isSilent && outcome === 'accepted') : !isSilent) return undefined;
  return { transaction, nonce, isSaidUsed, restsOn: isFree ? 'count' : 'facts' };
}
