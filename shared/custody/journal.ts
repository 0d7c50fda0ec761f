import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type * as z from 'zod';

/** A journal that can't be gone on with. */
export class BadJournal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadJournal';
  }
}

/** Read at once of a journal. */
const CHUNK_BYTES = 64 * 1024;

/**
 * A file to which a command that takes long appends what it has settled, one JSON object a line, so that it can go on after it
 * was killed. It speeds a second run up and makes its report whole; what is true stands in the tables. Never a key.
 *
 * A line that a crash cut off is taken away. Written without fsync: what the machine itself loses, the tables know.
 */
export class Journal<Header, Entry> {
  readonly header: Header;
  /** Whether it was there before. */
  readonly isResumed: boolean;
  readonly #path: string;
  readonly #file: number;
  readonly #entrySchema: z.ZodType<Entry>;

  private constructor(path: string, file: number, header: Header, entrySchema: z.ZodType<Entry>, isResumed: boolean) {
    this.#path = path;
    this.#file = file;
    this.header = header;
    this.#entrySchema = entrySchema;
    this.isResumed = isResumed;
  }

  /**
   * Opens a journal, or begins one.
   *
   * @param fresh the header of a new one
   * @throws BadJournal when the file is something else
   */
  static open<Header, Entry>(
    path: string,
    schemas: { readonly header: z.ZodType<Header>; readonly entry: z.ZodType<Entry> },
    fresh: Header,
  ): Journal<Header, Entry> {
    // Only its owner may read it: it tells of addresses that belong together.
    const file = openSync(path, 'a+', 0o600);
    const { first, wholeBytes } = survey(file);
    if (first === undefined) {
      // A kill while the first line was written leaves a part of it. Anything else without a line is somebody's file.
      if (!beginsAs(file, JSON.stringify(fresh))) {
        closeSync(file);
        throw new BadJournal(`${path} is no journal of this command`);
      }
      ftruncateSync(file, 0);
      const journal = new Journal(path, file, fresh, schemas.entry, false);
      journal.#append(fresh);
      return journal;
    }
    const header = schemas.header.safeParse(parsed(first));
    if (!header.success) {
      closeSync(file);
      throw new BadJournal(`${path} is no journal of this command`);
    }
    ftruncateSync(file, wholeBytes);
    return new Journal(path, file, header.data, schemas.entry, true);
  }

  /** Appends an entry; when this returns, a kill can't take it back. */
  append(entry: Entry): void {
    this.#append(entry);
  }

  /**
   * All entries, in the order in which they were settled, without holding them all.
   *
   * @throws BadJournal when one can't be read
   */
  *entries(): Generator<Entry> {
    const file = openSync(this.#path, 'r');
    try {
      let number = 0;
      for (const line of linesOf(file)) {
        number += 1;
        if (number === 1) continue;
        const entry = this.#entrySchema.safeParse(parsed(line));
        if (!entry.success) throw new BadJournal(`Line ${number} of ${this.#path} can't be read`);
        yield entry.data;
      }
    } finally {
      closeSync(file);
    }
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file);
  }

  #append(value: Header | Entry): void {
    writeSync(this.#file, `${JSON.stringify(value)}\n`, null);
  }
}

function survey(file: number): { readonly first: string | undefined; readonly wholeBytes: number } {
  let first: string | undefined;
  let wholeBytes = 0;
  for (const line of linesOf(file)) {
    first ??= line;
    wholeBytes += Buffer.byteLength(line) + 1;
  }
  return { first, wholeBytes };
}

/** Whether what there is of a file could be the beginning of a header, by the name of the header's first member. */
function beginsAs(file: number, header: string): boolean {
  const mark = Buffer.from(header.slice(0, header.indexOf(':') + 1));
  const found = Buffer.alloc(mark.length);
  const length = readSync(file, found, 0, mark.length, 0);
  return found.subarray(0, length).equals(mark.subarray(0, length));
}

/** The lines that end. */
function* linesOf(file: number): Generator<string> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let partial = Buffer.alloc(0);
  let position = 0;
  for (;;) {
    const length = readSync(file, chunk, 0, CHUNK_BYTES, position);
    if (length === 0) return;
    position += length;
    partial = Buffer.concat([partial, chunk.subarray(0, length)]);
    let start = 0;
    for (let end = partial.indexOf(0x0a, start); end >= 0; end = partial.indexOf(0x0a, start)) {
      yield partial.toString('utf8', start, end);
      start = end + 1;
    }
    partial = partial.subarray(start);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
