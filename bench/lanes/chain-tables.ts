import type { ReportTable } from '../bench.ts';
import type { LanesFindings } from './findings.ts';
import type { Verdict } from './verdict.ts';

const COLUMNS = ['Who', 'Asked', 'Confirmed', 'Failed', 'Mined', 'Lost', 'Failed, yet mined', 'Doubled', 'Stuck'];

/** The tables of what the chain has, beside what the senders say. */
export function chainTables({ verdicts, faults }: LanesFindings): readonly ReportTable[] {
  return [
    {
      title: 'What the chain says',
      text: 'Every block read again at the end, warming up included; each transfer is recognised by its amount. Lost: on no block. Failed, yet mined: the sender gave it up, and it happened all the same; whoever asks again pays twice. Stuck: with the node, behind a nonce that nothing uses.',
      columns: COLUMNS,
      rows: verdicts.map(verdictCells),
    },
    {
      title: 'A node that fails now and then',
      text: `${faults.accounts} accounts of each contender send ${faults.waves} waves of ${faults.atOnce} transfers. After the first wave their node drops ${faults.faultPercent} of 100 requests, half of them before it acts and half after. The libraries are used as they come: nobody catches a failure and asks again. Crashes: failures inside the sender that its caller has no way to catch; each ends a Node process that is set up as Node comes.`,
      columns: [...COLUMNS, 'Crashes', 'Seconds'],
      rows: faults.verdicts.map((verdict) => [
        ...verdictCells(verdict),
        String(verdict.crashes),
        (verdict.tookMs / 1000).toFixed(1),
      ]),
    },
  ];
}

function verdictCells(verdict: Verdict): readonly string[] {
  const { contender, asked, confirmed, failed, mined, failedYetMined, doubled, stuck } = verdict;
  return [
    contender,
    ...[asked, confirmed, failed, mined, asked - mined, failedYetMined, doubled, stuck].map((count) => String(count)),
  ];
}
