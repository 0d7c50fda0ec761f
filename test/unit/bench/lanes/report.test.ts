import { describe, expect, it } from 'vitest';
import type { LaneFigures } from '../../../../bench/lanes/figures.ts';
import type { LanesFindings } from '../../../../bench/lanes/findings.ts';
import { lanesReport } from '../../../../bench/lanes/report.ts';
import { judge } from '../../../../bench/lanes/verdict.ts';
import { spreadOf } from '../../../../bench/statistics.ts';
import { confirmedTransfer, failedTransfer } from './contender-times.ts';
import { COUNTS } from './counts.ts';

/** Figures of a contender whose every time is `ms`, and which has so many mined a second. */
function figures(contender: string, ms: number, perSecond: number): LaneFigures {
  const times = spreadOf(Array.from({ length: 100 }, () => ms));
  const rate = spreadOf([perSecond]);
  return {
    contender,
    atOnce: 100,
    runs: 1,
    asked: 100,
    confirmed: 100,
    acceptMs: times,
    toBroadcastMs: times,
    askedToBroadcastMs: times,
    toConfirmedMs: times,
    broadcastPerSecond: rate,
    minedPerSecond: rate,
  };
}

const WELL: LanesFindings = {
  rounds: 1,
  figures: [figures('Haven, deployed', 200, 100), figures("ethers' NonceManager", 50, 90)],
  verdicts: [judge('Haven, deployed', [confirmedTransfer(1)], [1], 0)],
  driverSteps: [{ atOnce: 100, steps: [{ step: 'RPC: receipts', perRun: 2, medianMs: 1.25, totalMsPerRun: 3 }] }],
  faults: {
    faultPercent: 10,
    accounts: 3,
    waves: 6,
    atOnce: 10,
    verdicts: [
      { ...judge("Haven's driver", [confirmedTransfer(1)], [1], 0), crashes: 0, tookMs: 1_500 },
      { ...judge("ethers' NonceManager", [failedTransfer(1)], [], 2), crashes: 1, tookMs: 500 },
    ],
  },
  counts: COUNTS,
  pace: { transactions: 10, writes: 14, items: 140, durationMs: 200, perSecond: 50 },
  floor: { bytes: 300_000, importMs: spreadOf([90]) },
  bundles: [{ name: 'authorizer', bytes: 536_000, importMs: spreadOf([120]) }],
};

function tableOf(findings: LanesFindings, title: string) {
  const table = lanesReport(findings).tables.find((candidate) => candidate.title === title);
  if (table === undefined) throw new Error(`There is no table ${title}`);
  return table;
}

const missed = (findings: LanesFindings) =>
  tableOf(findings, 'Targets')
    .rows.filter(([, , , met]) => met !== 'yes')
    .map(([what]) => what);

describe('the report', () => {
  it('has as many cells in each row as there are columns', () => {
    for (const { columns, rows } of lanesReport(WELL).tables) {
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(row).toHaveLength(columns.length);
    }
  });

  it('says of each contender what it lost, left stuck and crashed by', () => {
    expect(tableOf(WELL, 'A node that fails now and then').rows).toEqual([
      ["Haven's driver", '1', '1', '0', '1', '0', '0', '0', '0', '0', '1.5'],
      ["ethers' NonceManager", '1', '0', '1', '0', '1', '0', '0', '2', '1', '0.5'],
    ]);
  });

  it('shows nothing where nothing was measured', () => {
    const none = { ...figures('x', 1, 1), confirmed: 0, toBroadcastMs: null };
    const rows = tableOf({ ...WELL, figures: [none] }, 'Accepted → broadcast').rows;
    expect(rows).toEqual([['100', 'x', '0 of 100', '–', '–', '–', '–', '–']]);
  });
});

describe('the targets', () => {
  it('are met when every figure is within them', () => {
    expect(missed(WELL)).toEqual([]);
  });

  it.each<[string, Partial<LanesFindings>, readonly string[]]>([
    [
      'latencies',
      { figures: [figures('Haven, deployed', 1_000, 100), figures("ethers' NonceManager", 50, 90)] },
      ['Accepted → broadcast, 100 at once: median', 'Accepted → broadcast, 100 at once: p99'],
    ],
    [
      'fewer a second than ethers',
      { figures: [figures('Haven, deployed', 200, 80), figures("ethers' NonceManager", 50, 90)] },
      ['Mined a second, 100 at once: Haven, deployed'],
    ],
    [
      'rates without ethers to compare with',
      { figures: [figures('Haven, deployed', 200, 80)] },
      ['Mined a second, 100 at once: Haven, deployed'],
    ],
    [
      'a transfer that Haven lost',
      { verdicts: [judge('Haven, deployed', [failedTransfer(1)], [], 0)] },
      ['Lost, doubled, stuck, failing node included'],
    ],
    [
      'a bundle too large and too slow',
      { bundles: [{ name: 'token-api', bytes: 1_000_000, importMs: spreadOf([150]) }] },
      ["The largest API function's bundle", "The slowest API function's import"],
    ],
    [
      'calls that were not counted',
      { counts: COUNTS.map((counted) => ({ ...counted, calls: {} })) },
      [
        'AWS calls to accept one',
        'AWS calls to sign and submit ten, less the two that load the lane',
        'KMS calls a signature, in tens',
      ],
    ],
  ])('are missed by %s', (_what, findings, expected) => {
    expect(missed({ ...WELL, ...findings })).toEqual(expected);
  });

  it('are not missed by what a function weighs that nobody waits for', () => {
    const worker = { name: 'lane-worker', bytes: 2_000_000, importMs: spreadOf([400]) } as const;
    expect(missed({ ...WELL, bundles: [...WELL.bundles, worker] })).toEqual([]);
  });
});
