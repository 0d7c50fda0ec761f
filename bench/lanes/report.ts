import type { BenchReport } from '../bench.ts';
import { chainTables } from './chain-tables.ts';
import type { LanesFindings } from './findings.ts';
import { perTransaction } from './lane-cost.ts';
import { COUNTED_BATCHES } from './operation-counts.ts';
import { targetsTable } from './targets-table.ts';
import { timesTables } from './times-tables.ts';
import { useTables } from './use-tables.ts';

/** Tables of the findings, and the findings. */
export function lanesReport(findings: LanesFindings): BenchReport {
  const each = COUNTED_BATCHES.map((batch) => perTransaction(findings.counts, batch));
  const tables = [
    targetsTable(findings),
    ...timesTables(findings),
    ...chainTables(findings),
    ...useTables(findings, each),
  ];
  return { tables, data: { ...findings, perTransaction: each } };
}
