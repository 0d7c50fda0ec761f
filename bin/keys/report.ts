import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import { BadUsage } from './usage.ts';

/** What a run took of AWS and of this machine. */
export interface Usage {
  /** By command. */
  readonly aws_calls: Readonly<Record<string, number>>;
  readonly max_rss_bytes: number;
}

/** What this process took until now. */
export function usageOf({ calls }: { readonly calls: AwsCallCounter }): Usage {
  // In kilobytes (https://nodejs.org/api/process.html#processresourceusage).
  return { aws_calls: calls.snapshot(), max_rss_bytes: process.resourceUsage().maxRSS * 1_024 };
}

/** The same in a line. */
export function describeUsage({ aws_calls, max_rss_bytes }: Usage): string {
  const calls = Object.entries(aws_calls).map(([command, count]) => `${count} ${command.replace(/Command$/, '')}`);
  return `  AWS calls: ${calls.join(', ')}; at most ${Math.round(max_rss_bytes / 2 ** 20)} MB of memory`;
}

/** A row of a report. */
export type ReportRow = Readonly<Record<string, string | number | null | undefined>>;

/** What JSON reports begin with. */
const JSON_BEGINNING = '{"summary":';

/** What CSV reports begin with. */
function headerOf(columns: readonly string[]): string {
  return `${columns.join(',')}\r\n`;
}

/**
 * Refuses a place where something else is than a report of the same command: a name typed in haste must not cost a file of keys. For
 * the beginning of a command; writing looks again.
 *
 * @param columns of the report
 * @throws BadUsage
 */
export function refuseForeignReport(path: string | undefined, columns: readonly string[]): void {
  if (path !== undefined && existsSync(path)) closeSync(openForeign(path, columns));
}

/** Opens what is there, whatever name it goes by here, if it may be overwritten. */
function openForeign(path: string, columns: readonly string[]): number {
  const file = openSync(path, 'r+');
  const status = fstatSync(file);
  // A terminal or a pipe holds nothing that could be lost.
  if (!status.isFile() || status.size === 0) return file;
  const beginnings = [JSON_BEGINNING, headerOf(columns)];
  const first = Buffer.alloc(Math.max(...beginnings.map((text) => text.length)));
  const text = first.toString('latin1', 0, readSync(file, first, 0, first.length, 0));
  if (beginnings.some((beginning) => text.startsWith(beginning))) return file;
  closeSync(file);
  throw new BadUsage(`${path} is no report of this command, and is left as it is; name another`);
}

/** Opens a report for writing: a new file, or one that holds nothing but an earlier report. */
function openReport(path: string, columns: readonly string[]): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const file = openForeign(path, columns);
  if (fstatSync(file).isFile()) ftruncateSync(file, 0);
  return file;
}

/**
 * Writes a report, row by row: CSV when its name ends so, else JSON. Only its owner may read it: it tells of addresses that
 * belong together.
 *
 * @param columns in their order
 * @param summary stands before the rows in JSON, and is left out of CSV
 * @throws BadUsage when something else is there
 */
export function writeReport(
  path: string,
  columns: readonly string[],
  summary: object,
  rows: Iterable<ReportRow>,
): void {
  const file = openReport(path, columns);
  try {
    if (path.toLowerCase().endsWith('.csv')) {
      writeSync(file, headerOf(columns));
      for (const row of rows) writeSync(file, `${columns.map((column) => cell(row[column])).join(',')}\r\n`);
      return;
    }
    writeSync(file, `${JSON_BEGINNING}${JSON.stringify(summary)},"rows":[`);
    let separator = '\n';
    for (const row of rows) {
      writeSync(file, `${separator}${JSON.stringify(row)}`);
      separator = ',\n';
    }
    writeSync(file, '\n]}\n');
  } finally {
    closeSync(file);
  }
}

function cell(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
