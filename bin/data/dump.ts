import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { tableLayoutSchema } from './table-layout.ts';
import { TABLES } from './tables.ts';

/** What an export says of itself. It is written last: a folder without it is no export. */
export const manifestSchema = z.strictObject({
  haven_export: z.literal(1),
  stage: z.string(),
  /** ISO 8601, UTC. */
  started_at: z.string(),
  finished_at: z.string(),
  tables: z.record(
    z.enum(TABLES),
    z.strictObject({ items: z.number().int(), sha256: z.string(), layout: tableLayoutSchema }),
  ),
});

/** What an export says of itself. */
export type Manifest = z.output<typeof manifestSchema>;

/** An item as DynamoDB has it: attributes with their types. */
export type Item = Record<string, AttributeValue>;

const BINARY = '__b64';

/** One line of a file: an item as JSON, attributes in order of their names, so that the same item is the same line. */
export function lineOf(item: Item): string {
  return JSON.stringify(ordered(item));
}

function ordered(value: unknown): unknown {
  if (value instanceof Uint8Array) return { [BINARY]: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, ordered(member)]),
  );
}

/** Not a record: that is copied, and an attribute called `__proto__` would be lost on the way. */
const itemSchema = z.custom<Item>(
  (value) => isObject(value) && !Array.isArray(value) && Object.values(value).every(isAttribute),
);

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isAttribute(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 1;
}

/**
 * Reads a line.
 *
 * @throws SyntaxError, ZodError when it is no item
 */
export function itemOf(line: string): Item {
  const revive = (_name: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && BINARY in value && typeof value[BINARY] === 'string'
      ? Buffer.from(value[BINARY], 'base64')
      : value;
  return itemSchema.parse(JSON.parse(line, revive));
}

/** The name of a table's file. */
export function fileOf(table: string): string {
  return `${table}.jsonl.gz`;
}

/** Writes items to a new file that only its owner may read. Returns how many, and the SHA-256 of the lines. */
export async function writeDump(
  path: string,
  items: AsyncIterable<Item>,
): Promise<{ readonly items: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let count = 0;
  async function* lines(): AsyncGenerator<string> {
    for await (const item of items) {
      const line = `${lineOf(item)}\n`;
      hash.update(line);
      count += 1;
      yield line;
    }
  }
  await pipeline(Readable.from(lines()), createGzip(), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  return { items: count, sha256: hash.digest('hex') };
}

/** The items of a file, in its order. */
export async function* readDump(path: string): AsyncGenerator<Item> {
  for await (const line of linesIn(path)) yield itemOf(line);
}

/** How many lines a file has, and their SHA-256. */
export async function checkDump(path: string): Promise<{ readonly items: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let items = 0;
  for await (const line of linesIn(path)) {
    hash.update(`${line}\n`);
    items += 1;
  }
  return { items, sha256: hash.digest('hex') };
}

async function* linesIn(path: string): AsyncGenerator<string> {
  const source = createReadStream(path);
  const unpacked = source.pipe(createGunzip());
  source.on('error', (error) => unpacked.destroy(error));
  yield* createInterface({ input: unpacked, crlfDelay: Number.POSITIVE_INFINITY });
}
