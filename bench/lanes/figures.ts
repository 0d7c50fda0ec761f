import { type Spread, spreadOf } from '../statistics.ts';
import type { TransferOutcome, TransferTimes } from './contender.ts';

/** One run of a contender: what it was asked for at once, and what became of it. */
export interface Run {
  readonly outcomes: readonly TransferOutcome[];
  /** When the block with the last of them came to be seen, in milliseconds since the Unix epoch. Null: none was mined. */
  readonly lastMinedAt: number | null;
}

/** What the runs of one contender with so many transfers at once came to. Each spread is null when nothing was confirmed. */
export interface LaneFigures {
  readonly contender: string;
  readonly atOnce: number;
  readonly runs: number;
  readonly asked: number;
  readonly confirmed: number;
  /** Asked -> answered; one measurement a transfer, milliseconds. So are the next three. */
  readonly acceptMs: Spread | null;
  /** Accepted -> a node has it. */
  readonly toBroadcastMs: Spread | null;
  /** Asked -> a node has it: the same for whoever answers before and whoever answers after. */
  readonly askedToBroadcastMs: Spread | null;
  /** Accepted -> confirmed. */
  readonly toConfirmedMs: Spread | null;
  /** Transfers a second, from the first one asked for until a node has the last one; one measurement a run. */
  readonly broadcastPerSecond: Spread | null;
  /** Transfers a second, from the first one asked for until the block with the last one was seen; one measurement a run. */
  readonly minedPerSecond: Spread | null;
}

/** The figures of all runs of one contender with so many transfers at once. */
export function figuresOf(contender: string, atOnce: number, runs: readonly Run[]): LaneFigures {
  const times = runs.flatMap((run) => confirmedTimes(run.outcomes));
  const spread = (measure: (of: TransferTimes) => number) => spreadOf(times.map(measure));
  return {
    contender,
    atOnce,
    runs: runs.length,
    asked: runs.reduce((sum, { outcomes }) => sum + outcomes.length, 0),
    confirmed: times.length,
    acceptMs: spread((of) => of.answeredAt - of.askedAt),
    toBroadcastMs: spread((of) => of.broadcastAt - of.acceptedAt),
    askedToBroadcastMs: spread((of) => of.broadcastAt - of.askedAt),
    toConfirmedMs: spread((of) => of.confirmedAt - of.acceptedAt),
    broadcastPerSecond: spreadOf(runs.flatMap(broadcastRate)),
    minedPerSecond: spreadOf(runs.flatMap(minedRate)),
  };
}

/** Times of those that were confirmed. */
export function confirmedTimes(outcomes: readonly TransferOutcome[]): readonly TransferTimes[] {
  return outcomes.flatMap((outcome) => (outcome.kind === 'confirmed' ? [outcome.times] : []));
}

function broadcastRate({ outcomes }: Run): number[] {
  const times = confirmedTimes(outcomes);
  return rate(times, Math.max(...times.map(({ broadcastAt }) => broadcastAt)));
}

function minedRate({ outcomes, lastMinedAt }: Run): number[] {
  return lastMinedAt === null ? [] : rate(confirmedTimes(outcomes), lastMinedAt);
}

function rate(times: readonly TransferTimes[], endedAt: number): number[] {
  if (times.length === 0) return [];
  const tookMs = endedAt - Math.min(...times.map(({ askedAt }) => askedAt));
  return [(times.length * 1000) / Math.max(1, tookMs)];
}
