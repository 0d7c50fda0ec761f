import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedBundles } from '#lib/bundle-cache.ts';

let root: string;
let cache: string;
let made: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'haven-cache-'));
  cache = join(root, 'cache');
  mkdirSync(join(root, 'code', 'deep'), { recursive: true });
  writeFileSync(join(root, 'code', 'deep', 'a.ts'), 'one');
  writeFileSync(join(root, 'lock.json'), '{}');
  made = 0;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Makes bundles that hold what the sources said. */
const bundles = () =>
  cachedBundles(cache, {
    root,
    sources: ['code', 'lock.json'],
    make: async (to) => {
      made += 1;
      mkdirSync(to, { recursive: true });
      writeFileSync(join(to, 'index.mjs'), readFileSync(join(root, 'code', 'deep', 'a.ts')));
    },
  });
const said = async () => readFileSync(join(await bundles(), 'index.mjs'), 'utf8');

describe('bundles that were made before', () => {
  it('are taken as long as no source has changed', async () => {
    expect([await said(), await said(), made]).toEqual(['one', 'one', 1]);
  });

  it.each([
    ['changed', () => writeFileSync(join(root, 'code', 'deep', 'a.ts'), 'two')],
    ['added', () => writeFileSync(join(root, 'code', 'b.ts'), '')],
    ['removed', () => rmSync(join(root, 'code', 'deep', 'c.ts'))],
    ['renamed', () => renameSync(join(root, 'code', 'deep', 'c.ts'), join(root, 'code', 'c.ts'))],
    ['changed of the packages', () => writeFileSync(join(root, 'lock.json'), '{"a":1}')],
  ])('are made anew when something is %s', async (_what, change) => {
    writeFileSync(join(root, 'code', 'deep', 'c.ts'), 'c');
    await bundles();
    change();
    expect(await said()).toBe(readFileSync(join(root, 'code', 'deep', 'a.ts'), 'utf8'));
    expect(made).toBe(2);
  });

  it('are whole: what fails half way is made again', async () => {
    const failing = cachedBundles(cache, {
      root,
      sources: ['code'],
      make: async (to) => {
        mkdirSync(to, { recursive: true });
        throw new Error('killed');
      },
    });
    await expect(failing).rejects.toThrow('killed');
    expect(readdirSync(cache)).toEqual([]);
  });

  it('are the same for all who make them at once, and are few', async () => {
    expect(new Set(await Promise.all([bundles(), bundles(), bundles()])).size).toBe(1);
    for (let nth = 0; nth < 5; nth += 1) {
      writeFileSync(join(root, 'code', 'deep', 'a.ts'), String(nth));
      expect(await said()).toBe(String(nth));
    }
    expect(readdirSync(cache)).toHaveLength(3);
  });
});
