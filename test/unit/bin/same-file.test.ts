import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { caught } from '#test/support/fakes/caught.ts';
import { importOptions, verifyOptions } from '../../../bin/keys/options.ts';
import { refuseForeignReport, writeReport } from '../../../bin/keys/report.ts';
import { BadUsage } from '../../../bin/keys/usage.ts';

const KEYS = 'id,private_key\r\n1,not really one\r\n';
const COLUMNS = ['line', 'outcome'];
const ROWS = [{ line: 2, outcome: 'imported' }];

const root = mkdtempSync(join(tmpdir(), 'haven-same-file-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let nth = 0;
let folder: string;
let source: string;
beforeEach(() => {
  nth += 1;
  folder = join(root, String(nth));
  mkdirSync(folder);
  source = join(folder, 'keys.csv');
  writeFileSync(source, KEYS);
});
const asked = (more: object) => importOptions({ stage: 'local', file: source, purpose: 'user', ...more });

describe('files that are one and the same are refused', () => {
  it.each(['report', 'journal'])('the source by another name, as a hard link: %s', (option) => {
    const other = join(folder, 'other.csv');
    linkSync(source, other);
    expect(caught(BadUsage, () => asked({ [option]: other })).message).toBe(
      `--file and --${option} name the same file`,
    );
  });

  it('the source through a symbolic link, or through a folder that is one', () => {
    const other = join(folder, 'link.csv');
    symlinkSync(source, other);
    expect(caught(BadUsage, () => asked({ report: other })).message).toContain('name the same file');
    symlinkSync(folder, join(folder, 'around'));
    expect(caught(BadUsage, () => asked({ report: join(folder, 'around', 'keys.csv') })).message).toContain(
      'same file',
    );
  });

  it('journal and report that are not there yet, through a folder that is a link', () => {
    symlinkSync(folder, join(folder, 'around'));
    const files = { journal: join(folder, 'new'), report: join(folder, 'around', 'new') };
    expect(caught(BadUsage, () => asked(files)).message).toBe('--journal and --report name the same file');
    const all = { stage: 'local', all: true, ...files };
    expect(caught(BadUsage, () => verifyOptions(all)).message).toBe('--journal and --report name the same file');
  });

  it('others are not', () => {
    writeFileSync(join(folder, 'report.csv'), 'line,outcome\r\n');
    expect(asked({ report: join(folder, 'report.csv') }).report).toBe(join(folder, 'report.csv'));
  });
});

describe('a report', () => {
  it.each([
    ['keys that nobody named as the source', KEYS],
    ['a journal', '{"haven_import":1}\n'],
    ['a report of other columns', 'wallet_id,address\r\n'],
  ])('takes the place of no file that is something else: %s', (_name, text) => {
    for (const name of ['there.csv', 'there.json']) {
      const path = join(folder, name);
      writeFileSync(path, text);
      expect(caught(BadUsage, () => refuseForeignReport(path, COLUMNS)).message).toContain('is left as it is');
      expect(caught(BadUsage, () => writeReport(path, COLUMNS, {}, ROWS)).message).toContain('is left as it is');
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  it.each(['own.csv', 'own.json'])('takes the place of an earlier one, and of an empty file: %s', (name) => {
    const path = join(folder, name);
    writeFileSync(path, '');
    writeReport(path, COLUMNS, {}, [...ROWS, ...ROWS, ...ROWS]);
    refuseForeignReport(path, COLUMNS);
    writeReport(path, COLUMNS, {}, ROWS);
    expect(readFileSync(path, 'utf8').match(/imported/g)).toHaveLength(1);
  });

  it('that is new is for its owner only, and makes no file before it is written', () => {
    const path = join(folder, 'new.csv');
    refuseForeignReport(path, COLUMNS);
    expect(() => statSync(path)).toThrow('ENOENT');
    writeReport(path, COLUMNS, {}, ROWS);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('can go nowhere', () => {
    writeReport('/dev/null', COLUMNS, {}, ROWS);
  });
});
