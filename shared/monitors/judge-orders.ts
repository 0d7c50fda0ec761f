import type { RaisedCondition } from './condition.ts';

const MINUTE_MS = 60_000;
/** So many times the threshold: it is not a hiccup. */
const GRAVE_FACTOR = 6;

/** Orders of one chain, or of processors, that are overdue. */
export interface OverdueOrders {
  /** The chain, or `processor`. */
  readonly of: number | 'processor';
  /** The most overdue first. */
  readonly orders: readonly { readonly id: string; readonly expires_at: string }[];
  /** Whether there are more. */
  readonly truncated: boolean;
}

/** Orders that wait for money although their deadline is long over: they keep pieces out of sale. Pure. */
export function judgeOverdue(found: readonly OverdueOrders[], thresholdMinutes: number): readonly RaisedCondition[] {
  return found
    .filter(({ orders }) => orders.length > 0)
    .map(({ of, orders, truncated }) => {
      const where = of === 'processor' ? 'through processors' : `on chain ${of}`;
      const number = `${truncated ? 'more than ' : ''}${orders.length}`;
      return {
        key: `orders_overdue:${of}`,
        category: 'alarm',
        severity: 'ERROR',
        summary: `Orders paid ${where} were not ended ${thresholdMinutes} minutes after their deadline: ${number}`,
        details: { ...(of === 'processor' ? {} : { chain_id: of }), orders, more: truncated },
      };
    });
}

/** How far a chain was read. */
export interface ReadSoFar {
  readonly chain_id: number;
  readonly name: string;
  /** The last block that was read; undefined: none ever was. */
  readonly cursor: { readonly number: number; readonly timestamp_seconds: number } | undefined;
}

/** Whether a chain is read too late, or stands still: either way payments are not seen. A chain that never was read is a stage's first minute. Pure. */
export function judgeScanLag(
  { chain_id, name, cursor }: ReadSoFar,
  thresholdMinutes: number,
  nowMs: number,
): readonly RaisedCondition[] {
  if (cursor === undefined) return [];
  const lagMs = nowMs - cursor.timestamp_seconds * 1_000;
  if (lagMs <= thresholdMinutes * MINUTE_MS) return [];
  return [
    {
      key: `scanner_lag:${chain_id}`,
      category: 'alarm',
      severity: lagMs > GRAVE_FACTOR * thresholdMinutes * MINUTE_MS ? 'CRITICAL' : 'ERROR',
      summary: `${name} is read ${Math.floor(lagMs / MINUTE_MS)} minutes late, or stands still: payments there are not seen`,
      details: { chain_id, block_number: cursor.number, lag_seconds: Math.floor(lagMs / 1_000) },
    },
  ];
}
