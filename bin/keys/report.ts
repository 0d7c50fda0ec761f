import { closeSync, openSync, writeSync } from 'node:fs';
import type { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';

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

/**
 * Writes a report, row by row: CSV when its name ends so, else JSON. Only its owner may read it: it tells of addresses that
 * belong together.
 *
 * @param columns in their order
 * @param summary stands before the rows in JSON, and is left out of CSV
 */
export function writeReport(
  path: string,
  columns: readonly string[],
  summary: object,
  rows: Iterable<ReportRow>,
): void {
  const file = openSync(path, 'w', 0o600);
  try {
    if (path.toLowerCase().endsWith('.csv')) {
      writeSync(file, `${columns.join(',')}\r\n`);
      for (const row of rows) writeSync(file, `${columns.map((column) => cell(row[column])).join(',')}\r\n`);
      return;
    }
    writeSync(file, `{"summary":${JSON.stringify(summary)},"rows":[`);
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
