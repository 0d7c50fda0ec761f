import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { BadJournal, Journal } from '#shared/custody/journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'haven-journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schemas = { header: z.strictObject({ of: z.string() }), entry: z.strictObject({ line: z.number() }) };
let nth = 0;
const newPath = () => {
  nth += 1;
  return join(folder, String(nth));
};
const open = (path: string, of = 'new') => Journal.open(path, schemas, { of });

describe('a journal', () => {
  it('gives back its header and its entries after it was left open', () => {
    const path = newPath();
    const first = open(path, 'first');
    expect(first.isResumed).toBe(false);
    for (let line = 1; line <= 20_000; line += 1) first.append({ line });
    const second = open(path, 'second');
    expect([second.isResumed, second.header]).toEqual([true, { of: 'first' }]);
    second.append({ line: 20_001 });
    const lines = [...second.entries()].map(({ line }) => line);
    expect(lines).toEqual(Array.from({ length: 20_001 }, (_, index) => index + 1));
  });

  it('goes on after a line that a crash cut off, wherever', () => {
    const whole = newPath();
    const journal = open(whole);
    for (const line of [1, 2, 3]) journal.append({ line });
    const bytes = readFileSync(whole);
    const header = bytes.indexOf(0x0a) + 1;
    for (let cut = header; cut < bytes.length; cut += 1) {
      const path = newPath();
      writeFileSync(path, bytes.subarray(0, cut));
      const resumed = open(path);
      const kept = [...resumed.entries()].length;
      resumed.append({ line: 9 });
      expect([...open(path).entries()].map(({ line }) => line)).toEqual([...[1, 2, 3].slice(0, kept), 9]);
      resumed.close();
    }
  });

  it('begins anew when not even its header is whole', () => {
    const path = newPath();
    writeFileSync(path, '{"of":"o');
    const journal = open(path);
    expect([journal.isResumed, journal.header]).toEqual([false, { of: 'new' }]);
    expect([...journal.entries()]).toEqual([]);
  });

  it.each(['{"other":1}\n', 'private_key\n', '[]\n', '{"private_key":"1"}', '0x1'])(
    'is not made of %j, which stays as it is',
    (text) => {
      const path = newPath();
      writeFileSync(path, text);
      expect(() => open(path)).toThrow(BadJournal);
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it('says which line can not be read', () => {
    const path = newPath();
    open(path).close();
    appendFileSync(path, '{"line":1}\n{"line":"x"}\n');
    expect(() => [...open(path).entries()]).toThrow(/^Line 3 of/);
  });

  it('may be read by its owner only', () => {
    if (process.platform === 'win32') return;
    const path = newPath();
    open(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
