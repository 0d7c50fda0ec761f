import { closeSync, openSync, writeSync } from 'node:fs';

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
