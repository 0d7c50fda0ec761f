import type { RaisedCondition } from './condition.ts';

const MINUTE_MS = 60_000;
/** Sweeps named in an alert. */
const MAX_NAMED = 10;

/** A sweep that is open. */
export interface OpenSweep {
  /** What names it: a wallet's or an order's id. */
  readonly id: string;
  readonly waiting_for: string | null;
  /** Since when it has got no further, or since when it is open. ISO 8601, UTC. */
  readonly since: string;
}

/** Open sweeps of one kind. */
export interface SweepBacklog {
  /** `wallets`, or `deposits:<chain id>`. */
  readonly of: string;
  readonly sweeps: readonly OpenSweep[];
}

/** Sweeps that have got no further for too long: money stays where it should not. Pure. */
export function judgeSweeps(
  backlogs: readonly SweepBacklog[],
  thresholdMinutes: number,
  nowMs: number,
): readonly RaisedCondition[] {
  return backlogs.flatMap(({ of, sweeps }): RaisedCondition[] => {
    const held = sweeps.filter(({ since }) => nowMs - Date.parse(since) > thresholdMinutes * MINUTE_MS);
    if (held.length === 0) return [];
    return [
      {
        key: `sweeps:${of}`,
        category: 'transaction_pending',
        severity: 'WARNING',
        summary: `Sweeps of ${of} have got no further for more than ${thresholdMinutes} minutes: ${held.length}`,
        details: { sweeps: held.slice(0, MAX_NAMED), count: held.length },
      },
    ];
  });
}
