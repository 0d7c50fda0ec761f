import { median, medianSpread, type Spread, spreadOf } from '../statistics.ts';
import type { TransferTimes } from './contender.ts';

/** What one run of a contender came to. Times in milliseconds. */
export interface RunFigures {
  /** Asked -> answered. */
  readonly acceptMs: Spread;
  /** Accepted -> a node has it. */
  readonly toBroadcastMs: Spread;
  /** Asked -> a node has it: the same for whoever answers before and whoever answers after. */
  readonly askedToBroadcastMs: Spread;
  /** Accepted -> confirmed. */
  readonly toConfirmedMs: Spread;
  /** Transfers a second, from the first acceptance until the block with the last one was seen. */
  readonly minedPerSecond: number;
}

/**
 * The figures of one run.
 *
 * @param seenAt when a block was seen, in milliseconds since the Unix epoch
 */
export function figuresOf(times: readonly TransferTimes[], seenAt: (blockNumber: number) => number): RunFigures {
  const spread = (measure: (of: TransferTimes) => number) => spreadOf(times.map(measure));
  const firstMs = Math.min(...times.map(({ acceptedAt }) => acceptedAt));
  const lastMs = seenAt(Math.max(...times.map(({ blockNumber }) => blockNumber)));
  return {
    acceptMs: spread((of) => of.answeredAt - of.askedAt),
    toBroadcastMs: spread((of) => of.broadcastAt - of.acceptedAt),
    askedToBroadcastMs: spread((of) => of.broadcastAt - of.askedAt),
    toConfirmedMs: spread((of) => of.confirmedAt - of.acceptedAt),
    minedPerSecond: (times.length * 1000) / (lastMs - firstMs),
  };
}

/** The medians over the rounds, figure by figure. */
export function medianFigures(runs: readonly RunFigures[]): RunFigures {
  return {
    acceptMs: medianSpread(runs.map(({ acceptMs }) => acceptMs)),
    toBroadcastMs: medianSpread(runs.map(({ toBroadcastMs }) => toBroadcastMs)),
    askedToBroadcastMs: medianSpread(runs.map(({ askedToBroadcastMs }) => askedToBroadcastMs)),
    toConfirmedMs: medianSpread(runs.map(({ toConfirmedMs }) => toConfirmedMs)),
    minedPerSecond: median(runs.map(({ minedPerSecond }) => minedPerSecond)),
  };
}
