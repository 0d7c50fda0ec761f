import type { BlockHead } from '#shared/platform/chain/chain-client.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isFromFuture } from '#shared/platform/chain/head-time.ts';
import type { Transaction } from '../transaction.ts';

/**
 * Our clock is taken to be wrong by no more than this. Where the chain stands still, what its time has not passed ends by
 * our clock so much later: whoever set `valid_until` gets an end, whatever becomes of the chain.
 */
export const MAX_CLOCK_SKEW_MS = 15 * 60_000;

/**
 * A head that is no more than so many blocks behind our clock, and no more than these seconds where blocks are fast, says
 * that our clock is right: chains leave out a block now and then, and let one be 15 s early (go-ethereum).
 */
const CLOSE_BLOCKS = 3;
const CLOSE_MS = 15_000;

/**
 * What time it is for a lane, in milliseconds since the Unix epoch. It is the chain's time that counts, because a
 * transaction is executed at its block's; a head's time is certain to have passed, but behind by up to a block. Our clock
 * goes on between blocks, and may be wrong. So the two answer different questions.
 */
export interface LaneTime {
  /** The later of both clocks: what may not be signed after a time is not signed when either says that it has passed. */
  readonly latestMs: number;
  /**
   * What the chain says has passed, or our clock as far as the chain bears it out: what is signed is given up, because the
   * next block may have it.
   */
  readonly certainMs: number;
  /**
   * What both say has passed, or our clock has for long: what is queued ends. It is not signed meanwhile, so there is no
   * haste, and neither a clock that is wrong nor an endpoint that lies ends it early.
   */
  readonly agreedMs: number;
}

/**
 * The time at a head. Pure.
 *
 * @param nowMs our clock, milliseconds since the Unix epoch
 * @param chain `block_time_ms`: usual time between blocks
 */
export function laneTime(
  nowMs: number,
  head: Pick<BlockHead, 'timestampSeconds'>,
  { block_time_ms }: Pick<ChainConfig, 'block_time_ms'>,
): LaneTime {
  const chainMs = head.timestampSeconds * 1_000;
  const byClockMs = nowMs - MAX_CLOCK_SKEW_MS;
  const isBorneOut = nowMs - chainMs <= Math.max(CLOSE_MS, CLOSE_BLOCKS * block_time_ms);
  return {
    latestMs: Math.max(nowMs, chainMs),
    // Only an endpoint that has no better one beside it is asked with such a head: nothing ends by what it says.
    certainMs: isFromFuture(head, nowMs) ? byClockMs : Math.max(chainMs, isBorneOut ? nowMs : byClockMs),
    agreedMs: isFromFuture(head, nowMs) ? byClockMs : Math.max(Math.min(chainMs, nowMs), byClockMs),
  };
}

/**
 * Whether the time has passed until which a transaction may be signed.
 *
 * @param nowMs one of the times of `LaneTime`
 */
export function isExpired({ valid_until }: Pick<Transaction, 'valid_until'>, nowMs: number): boolean {
  return valid_until !== null && Date.parse(valid_until) <= nowMs;
}
