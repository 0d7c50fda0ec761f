import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CopyParser } from './copy-parser.ts';
import { CsvParser } from './csv-parser.ts';
import { JsonLinesParser } from './json-lines-parser.ts';
import { BadSource, type ColumnNames, type OpenedSource, type RowParser, type SourceRow } from './source-row.ts';
import { openSqlite } from './sqlite-source.ts';

/** What keys can come in. */
export const SOURCE_FORMATS = ['csv', 'jsonl', 'pg', 'sqlite'] as const;

/** What keys can come in: CSV, JSON lines, a plain dump of PostgreSQL, a SQLite database. */
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

/** How to read a source. */
export interface SourceOptions {
  readonly columns: ColumnNames;
  /** Of CSV. */
  readonly delimiter: string;
  /** Of a dump or a database. */
  readonly table: string | undefined;
}

/** A source as it was found. */
export interface SourceFile {
  readonly path: string;
  readonly format: SourceFormat;
  readonly bytes: number;
  /** Of the whole file, hex. */
  readonly sha256: string;
}

/** Read at once. What it holds is bounded, and overwritten. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Looks at a file: its format, from what it holds, and its hash.
 *
 * @param format as the user says; undefined: to be found out
 * @throws BadSource when it can't be any that is known
 */
export async function inspectSource(path: string, format: SourceFormat | undefined): Promise<SourceFile> {
  if (!existsSync(path) || !statSync(path).isFile()) throw new BadSource(`There is no file ${path}`);
  const hash = createHash('sha256');
  let bytes = 0;
  let found = format;
  await eachChunk(path, (chunk) => {
    if (bytes === 0) found ??= formatOf(chunk);
    hash.update(chunk);
    bytes += chunk.length;
  });
  if (bytes === 0 || found === undefined) throw new BadSource(`${path} is empty`);
  return { path, format: found, bytes, sha256: hash.digest('hex') };
}

/**
 * Opens a source.
 *
 * @throws BadSource, also while rows are read, when the source as a whole can't be read
 */
export function openSource(file: SourceFile, options: SourceOptions): OpenedSource {
  const { columns, table } = options;
  const needTable = (): string => {
    if (table === undefined) throw new BadSource('Name the table: --table');
    return table;
  };
  if (file.format === 'sqlite') return openSqlite(file.path, needTable(), columns);
  if (file.format === 'pg') return textSource(file, new CopyParser(columns, needTable()));
  return textSource(
    file,
    file.format === 'csv' ? new CsvParser(columns, options.delimiter) : new JsonLinesParser(columns),
  );
}

function textSource(file: SourceFile, parser: RowParser): OpenedSource {
  let done = 0;
  async function* rows(): AsyncGenerator<SourceRow> {
    for await (const chunk of chunksOf(file.path)) {
      const isFirst = done === 0;
      done += chunk.length;
      yield* parser.push(isFirst ? withoutByteOrderMark(chunk) : chunk);
    }
    yield* parser.end();
  }
  return { rows: rows(), progress: () => ({ done, total: file.bytes }) };
}

/** Chunks of a file, each in the same buffer, which is overwritten before the next and at the end. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      buffer.fill(0);
    }
  } finally {
    buffer.fill(0);
    await file?.close();
  }
}

async function eachChunk(path: string, look: (chunk: Uint8Array) => void): Promise<void> {
  for await (const chunk of chunksOf(path)) look(chunk);
}

function withoutByteOrderMark(chunk: Uint8Array): Uint8Array {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
}

/**
 * The format of a file, by its beginning.
 *
 * @throws BadSource for what is known and not read
 */
export function formatOf(chunk: Uint8Array): SourceFormat {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  if (startsWith(bytes, 'SQLite format 3\0')) return 'sqlite';
  if (startsWith(bytes, 'PGDMP')) {
    throw new BadSource("A dump in PostgreSQL's own format: make a plain one (pg_dump --format=plain)");
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new BadSource('The file is UTF-16: save it as UTF-8');
  }
  const text = withoutByteOrderMark(bytes);
  const first = text.find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte));
  if (first === 0x7b) return 'jsonl';
  if (first === 0x5b) throw new BadSource('A JSON list: write one object a line (jq -c ".[]")');
  return bytes.includes('PostgreSQL database dump') || startsWith(bytes, 'COPY ') ? 'pg' : 'csv';
}

function startsWith(bytes: Buffer, text: string): boolean {
  return bytes.subarray(0, text.length).equals(Buffer.from(text, 'latin1'));
}
