import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { stockKey } from '#shared/catalog/stock-keys.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const OWNER = 'shared/catalog/stock-transactions.ts';
const KEYS = 'shared/catalog/stock-keys.ts';
const READER = 'shared/catalog/product-reader.ts';

/** What runs in Haven or on its tables; not lib/, whose policies name partitions. */
const sources = ['shared', 'functions', 'bin', 'local'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const file = `${folder}/${path.replaceAll('\\', '/')}`;
      return { file, text: withoutComments(readFileSync(join(ROOT, file), 'utf8')) };
    }),
);

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

function filesWith(pattern: RegExp): readonly string[] {
  return sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
}

describe('every write of stock', () => {
  it('is of a row whose key is made in one place', () => {
    expect(stockKey('TEE', 1)).toEqual({ pk: 'STOCK#TEE#1', sk: 'STOCK' });
    expect(filesWith(/[`'"]STOCK#/)).toEqual([KEYS]);
    expect(filesWith(/sk: ['"`]STOCK['"`]/)).toEqual([KEYS]);
  });

  it('is in the one module that has that key, beside the one that reads', () => {
    expect(filesWith(/\bstockKey\b/).toSorted()).toEqual([READER, KEYS, OWNER].toSorted());
    expect(filesWith(/stock-keys\.ts/).toSorted()).toEqual([READER, OWNER].toSorted());
  });

  it('is not in the module that reads', () => {
    const reader = sources.find(({ file }) => file === READER)?.text ?? '';
    expect(reader).toContain('batchGet');
    expect(reader).not.toMatch(
      /WriteTransaction|(Put|Update|Delete|TransactWrite|BatchWrite|ExecuteStatement)\w*Command/,
    );
  });

  it('has a condition, and counts what it changes', () => {
    const owner = sources.find(({ file }) => file === OWNER)?.text ?? '';
    const updates = owner.split('write.update(').slice(1);
    expect(updates.length).toBeGreaterThanOrEqual(5);
    for (const update of updates) expect(update).toMatch(/changes[\s\S]*onConflict,\s*\{\s*expression:/);
    expect(owner).not.toMatch(/write\.delete\(/);
  });
});
