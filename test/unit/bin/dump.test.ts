import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDump, type Item, itemOf, lineOf, readDump, writeDump } from '../../../bin/data/dump.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'haven-dump-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const attribute = fc.oneof(
  fc.string().map((S) => ({ S })),
  fc.bigInt().map((n) => ({ N: n.toString() })),
  fc.boolean().map((BOOL) => ({ BOOL })),
  fc.uint8Array().map((bytes) => ({ B: Buffer.from(bytes) })),
  fc.constant({ NULL: true as const }),
  fc.array(fc.string().map((S) => ({ S }))).map((L) => ({ L })),
  fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1 }).map((SS) => ({ SS })),
  fc
    .dictionary(
      fc.string(),
      fc.string().map((S) => ({ S })),
    )
    .map((M) => ({ M })),
);
const item = fc.dictionary(fc.string({ minLength: 1 }), attribute, { minKeys: 1 });

async function* each(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

describe('a line of an export', () => {
  it('gives the same item again, binary attributes and numbers of any size too', () => {
    fc.assert(
      fc.property(item, (one) => {
        expect(itemOf(lineOf(one))).toEqual(one);
      }),
    );
  });

  it('keeps an attribute that is called as what objects inherit from', () => {
    const line = '{"__proto__":{"M":{"__proto__":{"S":"kept"}}},"pk":{"S":"a"}}';
    expect(lineOf(itemOf(line))).toBe(line);
  });

  it('is the same however the attributes of an item are ordered', () => {
    expect(lineOf({ b: { S: '1' }, a: { N: '2' } })).toBe(lineOf({ a: { N: '2' }, b: { S: '1' } }));
  });

  it.each(['', '{"a":1}', '[]', '{"a":{"S":"1","N":"2"}}'])('is refused when it is %j', (line) => {
    expect(() => itemOf(line)).toThrow();
  });
});

describe('a file of an export', () => {
  it('tells as many items and the same hash when it is read, and is for its owner only', async () => {
    const items: Item[] = [{ pk: { S: 'a\nb' } }, { pk: { S: 'ü' }, n: { N: '1' } }];
    const path = join(dir, 'table.jsonl.gz');
    const written = await writeDump(path, each(items));
    expect(written.items).toBe(2);
    expect(await checkDump(path)).toEqual(written);
    const read: Item[] = [];
    for await (const one of readDump(path)) read.push(one);
    expect(read).toEqual(items);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('never takes the place of another', async () => {
    const path = join(dir, 'table.jsonl.gz');
    await writeDump(path, each([{ pk: { S: 'first' } }]));
    const before = readFileSync(path);
    await expect(writeDump(path, each([{ pk: { S: 'second' } }]))).rejects.toThrow('EEXIST');
    expect(readFileSync(path)).toEqual(before);
  });
});
