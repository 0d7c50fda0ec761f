import type { ReportTable } from '../bench.ts';
import type { Spread } from '../statistics.ts';
import type { LaneFigures } from './figures.ts';
import type { DriverSteps, LanesFindings } from './findings.ts';

/** A figure that could not be measured. */
const NONE = '–';

/** A number of a table, with so many decimals. */
export function number(value: number | null | undefined, decimals = 0): string {
  return value === null || value === undefined ? NONE : value.toFixed(decimals);
}

/** The tables of how long transfers take, and of where Haven's driver spends the time. */
export function timesTables({ figures, driverSteps }: LanesFindings): readonly ReportTable[] {
  return [
    spreadTable(
      'Accepted → broadcast',
      'Milliseconds from the moment a transfer counts as accepted until a node has it. A library takes it over when it is called; Haven has accepted it once it is stored.',
      figures,
      ({ toBroadcastMs }) => toBroadcastMs,
    ),
    spreadTable(
      'Accepted → confirmed',
      'Milliseconds until the sender knows that it is two blocks deep. Blocks come once a second, so about a second and a half of it is waiting for blocks, whoever sends.',
      figures,
      ({ toConfirmedMs }) => toConfirmedMs,
    ),
    callerTable(figures),
    ...driverSteps.map(stepsTable),
  ];
}

function spreadTable(
  title: string,
  text: string,
  figures: readonly LaneFigures[],
  pick: (of: LaneFigures) => Spread | null,
): ReportTable {
  return {
    title,
    text,
    columns: ['At once', 'Who', 'Confirmed', 'Median', 'p95', 'p99', 'Min', 'Max'],
    rows: figures.map((figure) => {
      const spread = pick(figure);
      return [
        String(figure.atOnce),
        figure.contender,
        `${figure.confirmed} of ${figure.asked}`,
        ...[spread?.median, spread?.p95, spread?.p99, spread?.min, spread?.max].map((value) => number(value)),
      ];
    }),
  };
}

function callerTable(figures: readonly LaneFigures[]): ReportTable {
  return {
    title: 'What the caller waits, and how many a second',
    text: "Milliseconds. A library answers when the node has the transfer, Haven when it is stored: from asked to broadcast is the same for both. The rates run from the first transfer asked for until the node has the last one, or until the last one's block is seen: the median of the runs.",
    columns: [
      'At once',
      'Who',
      'Asked → answered, median',
      'p95',
      'Asked → broadcast, median',
      'p95',
      'Broadcast a second',
      'Mined a second',
    ],
    rows: figures.map((figure) => [
      String(figure.atOnce),
      figure.contender,
      number(figure.acceptMs?.median),
      number(figure.acceptMs?.p95),
      number(figure.askedToBroadcastMs?.median),
      number(figure.askedToBroadcastMs?.p95),
      number(figure.broadcastPerSecond?.median, 1),
      number(figure.minedPerSecond?.median, 1),
    ]),
  };
}

function stepsTable({ atOnce, steps }: DriverSteps): ReportTable {
  return {
    title: `What Haven's driver waits for, ${atOnce} at once`,
    text: 'The driver alone with the cap at 64, means of a run, from the first acceptance to the last confirmation. The fee history and the gas are asked for side by side.',
    columns: ['Step', 'Times', 'Median, ms', 'All, ms'],
    rows: steps.map(({ step, perRun, medianMs, totalMsPerRun }) => [
      step,
      number(perRun, 1),
      number(medianMs, 1),
      number(totalMsPerRun),
    ]),
  };
}
