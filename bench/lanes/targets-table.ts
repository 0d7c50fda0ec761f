import { apiFunctions } from '#functions/catalogue.ts';
import type { FunctionName } from '#lib/bundle.ts';
import type { ReportTable } from '../bench.ts';
import type { LaneFigures } from './figures.ts';
import type { LanesFindings } from './findings.ts';
import { callsOf } from './lane-cost.ts';
import type { OperationCounts } from './operation-counts.ts';
import { number } from './times-tables.ts';

/** One target and what was measured. Undefined when it could not be: that is not a target met. */
interface Target {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

const BROADCAST_MEDIAN_MS = 250;
const BROADCAST_P99_MS = 1_000;
const BUNDLE_BYTES = 1_000_000;
const IMPORT_MS = 150;

/** Called for somebody who waits for an answer, not by a deployment, a queue or a schedule. */
const isOfApi = (name: FunctionName) => Object.hasOwn(apiFunctions, name) || name === 'authorizer';

/** The table of Haven's performance targets, each beside what was measured. */
export function targetsTable(findings: LanesFindings): ReportTable {
  const targets = [
    ...broadcastTargets(findings.figures),
    ...rateTargets(findings.figures),
    ...callTargets(findings.counts),
    chainTarget(findings),
    ...bundleTargets(findings),
  ];
  return {
    title: 'Targets',
    text: 'Set before anything was built. The latencies are those of Haven as it is deployed.',
    columns: ['What', 'Target', 'Measured', 'Met'],
    rows: targets.map(({ what, target, measured, met }) => [what, target, measured, met ? 'yes' : '**no**']),
  };
}

function broadcastTargets(figures: readonly LaneFigures[]): readonly Target[] {
  return figures
    .filter(({ contender }) => contender === 'Haven, deployed')
    .flatMap(({ atOnce, toBroadcastMs }) => {
      const what = `Accepted → broadcast, ${atOnce} at once`;
      const median = toBroadcastMs?.median;
      // Of too few for a 99th percentile, the longest one of all.
      const tail = toBroadcastMs?.p99 ?? toBroadcastMs?.max;
      const tailName = toBroadcastMs?.p99 == null ? 'longest' : 'p99';
      return [
        {
          what: `${what}: median`,
          target: `below ${BROADCAST_MEDIAN_MS} ms`,
          measured: `${number(median)} ms`,
          met: median !== undefined && median < BROADCAST_MEDIAN_MS,
        },
        {
          what: `${what}: ${tailName}`,
          target: `below ${BROADCAST_P99_MS} ms`,
          measured: `${number(tail)} ms`,
          met: tail !== undefined && tail < BROADCAST_P99_MS,
        },
      ];
    });
}

function rateTargets(figures: readonly LaneFigures[]): readonly Target[] {
  const most = Math.max(...figures.map(({ atOnce }) => atOnce));
  const rates = figures.filter(({ atOnce }) => atOnce === most);
  const ethers = rates.find(({ contender }) => contender.startsWith('ethers'))?.minedPerSecond?.median;
  return rates
    .filter(({ contender }) => contender.startsWith('Haven'))
    .map(({ contender, minedPerSecond }) => ({
      what: `Mined a second, ${most} at once: ${contender}`,
      target: `that of ethers' NonceManager, ${number(ethers, 1)}`,
      measured: number(minedPerSecond?.median, 1),
      met: ethers !== undefined && (minedPerSecond?.median ?? 0) >= ethers,
    }));
}

function callTargets(counts: readonly OperationCounts[]): readonly Target[] {
  const calls = (name: string) => counts.find(({ operation }) => operation === name)?.calls ?? {};
  const accept = callsOf(calls('accept 1'));
  const sign = calls('sign and submit 10');
  const acting = callsOf(sign) - callsOf(sign, ['QueryCommand', 'BatchGetItemCommand']);
  const decrypts = callsOf(sign, ['DecryptCommand']);
  return [
    { what: 'AWS calls to accept one', target: '2', measured: String(accept), met: accept > 0 && accept <= 2 },
    {
      what: 'AWS calls to sign and submit ten, less the two that load the lane',
      target: '3',
      measured: String(acting),
      met: acting > 0 && acting <= 3,
    },
    {
      what: 'KMS calls a signature, in tens',
      target: '0.1',
      measured: String(decrypts / 10),
      met: decrypts > 0 && decrypts <= 1,
    },
  ];
}

function chainTarget({ verdicts, faults }: LanesFindings): Target {
  const own = [...verdicts, ...faults.verdicts].filter(({ contender }) => contender.startsWith('Haven'));
  const sum = (measure: (of: (typeof own)[number]) => number) => own.reduce((total, of) => total + measure(of), 0);
  const lost = sum(({ asked, mined }) => asked - mined);
  const doubled = sum(({ doubled: times }) => times);
  const stuck = sum((of) => of.stuck);
  return {
    what: 'Lost, doubled, stuck, failing node included',
    target: '0, 0, 0',
    measured: `${lost}, ${doubled}, ${stuck}`,
    met: own.length > 0 && lost + doubled + stuck === 0,
  };
}

function bundleTargets({ bundles }: LanesFindings): readonly Target[] {
  const apis = bundles.filter(({ name }) => isOfApi(name));
  const largest = Math.max(...apis.map(({ bytes }) => bytes));
  const slowest = Math.max(...apis.map(({ importMs }) => importMs?.median ?? Number.POSITIVE_INFINITY));
  return [
    {
      what: "The largest API function's bundle",
      target: 'below 1,000 KB',
      measured: `${number(largest / 1000)} KB`,
      met: largest < BUNDLE_BYTES,
    },
    {
      what: "The slowest API function's import",
      target: `below ${IMPORT_MS} ms`,
      measured: `${number(slowest)} ms`,
      met: slowest < IMPORT_MS,
    },
  ];
}
