import * as z from 'zod';

const minutes = (fallback: number, what: string, max = 10_080) =>
  z.number().positive().max(max).default(fallback).describe(what);

/** From when on something is wrong: a stage's `monitors`, in the names of the design (docs/monitoring.md says what each is for). */
export const thresholdsSchema = z.strictObject({
  cool_down_minutes: minutes(60, 'Minutes after which a condition that is still so is told again.', 1_440),
  pending_tx_threshold_minutes: minutes(
    5,
    'A transaction that is open for longer counts as stuck; one that is mined has the time of its confirmations besides.',
  ),
  halted_chain_lanes: z
    .number()
    .int()
    .min(2)
    .max(10_000)
    .default(5)
    .describe('So many lanes of one chain in which transactions are stuck are told as one: the chain stands still.'),
  failed_tx_window_minutes: minutes(
    15,
    'Failed and reverted transactions are told of as long as one ended within so many minutes and a cool-down; five within so many minutes are many.',
    1_440,
  ),
  monitor_interval_minutes: z
    .number()
    .int()
    .min(1)
    .max(15)
    .default(1)
    .describe('Minutes between two looks at everything that is watched.'),
  gas_spike_threshold: z
    .number()
    .min(1)
    .max(1_000)
    .default(2)
    .describe('So many times the rolling baseline is a spike of the gas price.'),
  order_overdue_minutes: minutes(10, 'An order that waits for money so many minutes after its deadline is overdue.'),
  scanner_lag_minutes: minutes(5, 'A chain that is read so many minutes behind the clock is read too late.'),
  sweep_backlog_minutes: minutes(60, 'A sweep that got no further for so many minutes is held up.'),
  audit_anchor_late_minutes: minutes(
    180,
    'Minutes after midnight, UTC, by which the day before is to be anchored.',
    1_440,
  ),
});

/** From when on something is wrong. */
export type Thresholds = z.output<typeof thresholdsSchema>;
