import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeReport } from '../../../bin/keys/report.ts';

const folder = mkdtempSync(join(tmpdir(), 'haven-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROWS = [
  { line: 2, address: '0x1', reason: undefined },
  { line: 3, address: null, reason: 'a "b", c\nd' },
];
const write = (name: string, rows: Iterable<(typeof ROWS)[number]>) => {
  const path = join(folder, name);
  writeReport(path, ['line', 'address', 'reason'], { imported: 1 }, rows);
  return readFileSync(path, 'utf8');
};

describe('a report', () => {
  it('is JSON with a summary', () => {
    expect(JSON.parse(write('a.json', ROWS))).toEqual({
      summary: { imported: 1 },
      rows: [
        { line: 2, address: '0x1' },
        { line: 3, address: null, reason: 'a "b", c\nd' },
      ],
    });
    expect(JSON.parse(write('empty.json', []))).toEqual({ summary: { imported: 1 }, rows: [] });
  });

  it('is CSV as RFC 4180 has it when its name ends so', () => {
    expect(write('a.CSV', ROWS)).toBe('line,address,reason\r\n2,0x1,\r\n3,,"a ""b"", c\nd"\r\n');
  });
});
