import { table } from '../docs/generate/markdown.ts';
import type { ReportTable } from './bench.ts';
import type { Machine } from './machine.ts';

/** Where a measurement was taken, as one line. */
function machineLine(machine: Machine): string {
  const { node, platform, cpu, cores, memoryGiB, loadAverage } = machine;
  return `Node ${node} on ${platform}, ${cores} cores of ${cpu}, ${memoryGiB} GiB; load average at the start ${loadAverage.join(', ')}.`;
}

/** A report to read in a terminal. */
export function renderText(machine: Machine, tables: readonly ReportTable[]): string {
  const parts = tables.map(({ title, text, columns, rows }) => `■ ${title}\n${text}\n\n${table(columns, rows)}`);
  return [`Measured ${machine.at}. ${machineLine(machine)}`, ...parts].join('\n\n');
}

/** A report as a section of docs/performance.md. */
export function renderMarkdown(machine: Machine, tables: readonly ReportTable[]): string {
  const parts = tables.map(({ title, text, columns, rows }) => `### ${title}\n\n${text}\n\n${table(columns, rows)}`);
  return [`## Measured on ${machine.at.slice(0, 10)}`, machineLine(machine), ...parts].join('\n\n');
}
