import type { BlockHead } from './chain-client.ts';

/**
 * A head that is later than our clock by more than this tells no time. Chains let a block be seconds early (go-ethereum
 * 15 s, rollups' sequencers minutes at most), and machines keep time to seconds.
 */
export const MAX_HEAD_AHEAD_MS = 15 * 60_000;

/**
 * Whether a head is from a future that no chain and no clock explains.
 *
 * @param nowMs our clock, milliseconds since the Unix epoch
 */
export function isFromFuture({ timestampSeconds }: Pick<BlockHead, 'timestampSeconds'>, nowMs: number): boolean {
  return timestampSeconds * 1_000 > nowMs + MAX_HEAD_AHEAD_MS;
}
