import { hexDigit } from './json-scanner.ts';
import { LineSplitter, type SourceLine } from './line-splitter.ts';
import {
  BadSource,
  type ColumnNames,
  type ColumnPlaces,
  pickFields,
  placeColumns,
  type RowParser,
  type SourceRow,
} from './source-row.ts';

const TAB = 0x09;
const BACKSLASH = 0x5c;

/** What a backslash and a letter stand for in COPY's text format. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  [...'bfnrtv'].map((letter, index) => [letter.charCodeAt(0), '\b\f\n\r\t\v'.charCodeAt(index)]),
);

/** The head of a table's data in a dump. */
const COPY_HEAD =
  /^COPY (?:(?<schema>"(?:[^"]|"")+"|[\w$]+)\.)?(?<table>"(?:[^"]|"")+"|[\w$]+) \((?<columns>.*)\) FROM stdin;$/;

/**
 * One table of a plain dump of PostgreSQL (`pg_dump --format=plain`), whose data is in COPY's text format:
 * https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2. All else in the dump is passed over.
 */
export class CopyParser implements RowParser {
  readonly #columns: ColumnNames;
  readonly #table: string;
  readonly #lines: LineSplitter;
  #rows: SourceRow[] = [];
  #places: ColumnPlaces | undefined;
  /** Of the line where data of another table, or of no table, goes on: then nothing but its end counts. */
  #inside: 'nothing' | 'another table' | 'the table' = 'nothing';
  #lastLine = 0;

  /** @param table its name, with or without its schema */
  constructor(columns: ColumnNames, table: string) {
    this.#columns = columns;
    this.#table = table;
    this.#lines = new LineSplitter((line) => this.#take(line));
  }

  push(chunk: Uint8Array): SourceRow[] {
    this.#lines.push(chunk);
    return this.#drain();
  }

  end(): SourceRow[] {
    this.#lines.end();
    if (this.#places === undefined) throw new BadSource(`The dump has no data of a table ${this.#table}`);
    if (this.#inside === 'the table') this.#rows.push({ line: this.#lastLine + 1, problem: 'source_cut_off' });
    return this.#drain();
  }

  #drain(): SourceRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  #take({ number, bytes }: SourceLine): void {
    this.#lastLine = number;
    if (this.#inside === 'nothing') {
      if (bytes !== undefined) this.#look(bytes);
    } else if (bytes !== undefined && bytes.length === 2 && bytes[0] === BACKSLASH && bytes[1] === 0x2e) {
      this.#inside = 'nothing';
    } else if (this.#inside === 'the table') this.#rows.push(this.#read(number, bytes));
  }

  /** Whether a table's data begins here. */
  #look(bytes: Uint8Array): void {
    if (bytes.length < 5 || String.fromCharCode(...bytes.subarray(0, 5)) !== 'COPY ') return;
    const head = COPY_HEAD.exec(Buffer.from(bytes).toString('utf8'))?.groups;
    if (head === undefined) return;
    const [schema, table] = [unquoted(head['schema'] ?? ''), unquoted(head['table'] ?? '')];
    if (this.#table !== table && this.#table !== `${schema}.${table}`) {
      this.#inside = 'another table';
      return;
    }
    if (this.#places !== undefined) {
      throw new BadSource(`The dump has several tables ${this.#table}: name it with its schema`);
    }
    const names = (head['columns'] ?? '').match(/"(?:[^"]|"")+"|[^,\s]+/g) ?? [];
    this.#places = placeColumns(
      this.#columns,
      names.map((name) => Buffer.from(unquoted(name))),
    );
    this.#inside = 'the table';
  }

  #read(line: number, bytes: Uint8Array | undefined): SourceRow {
    const places = this.#places;
    if (bytes === undefined || places === undefined) return { line, problem: 'row_too_long' };
    const fields = splitFields(bytes);
    const row: SourceRow =
      fields.length === places.count
        ? { line, fields: pickFields(places, fields) }
        : { line, problem: 'wrong_field_count' };
    for (const field of fields) field?.fill(0);
    return row;
  }
}

/** The fields of a line of data, unescaped; undefined: null. */
function splitFields(bytes: Uint8Array): (Uint8Array | undefined)[] {
  const fields: (Uint8Array | undefined)[] = [];
  let start = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    // A tab in a value is escaped, so every plain one ends a field.
    if (at < bytes.length && bytes[at] !== TAB) continue;
    fields.push(unescaped(bytes.subarray(start, at)));
    start = at + 1;
  }
  return fields;
}

function unescaped(raw: Uint8Array): Uint8Array | undefined {
  if (raw.length === 2 && raw[0] === BACKSLASH && raw[1] === 0x4e) return undefined;
  const out = new Uint8Array(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; length += 1) {
    const byte = raw[at] ?? 0;
    if (byte !== BACKSLASH || at + 1 === raw.length) {
      out[length] = byte;
      at += 1;
      continue;
    }
    const { value, taken } = escapeAt(raw, at + 1);
    out[length] = value;
    at += 1 + taken;
  }
  return out.subarray(0, length);
}

/** What stands after a backslash, and how many bytes it takes. */
function escapeAt(raw: Uint8Array, at: number): { readonly value: number; readonly taken: number } {
  const letter = raw[at] ?? 0;
  const octal = digits(raw, at, 3, (byte) => (byte >= 0x30 && byte <= 0x37 ? byte - 0x30 : undefined));
  if (octal.length > 0) return { value: octal.reduce((sum, digit) => sum * 8 + digit, 0) & 0xff, taken: octal.length };
  const hex = letter === 0x78 ? digits(raw, at + 1, 2, hexDigit) : [];
  if (hex.length > 0) return { value: hex.reduce((sum, digit) => sum * 16 + digit, 0), taken: 1 + hex.length };
  return { value: ESCAPES.get(letter) ?? letter, taken: 1 };
}

function digits(raw: Uint8Array, at: number, most: number, read: (byte: number) => number | undefined): number[] {
  const found: number[] = [];
  while (found.length < most) {
    const digit = read(raw[at + found.length] ?? 0);
    if (digit === undefined) break;
    found.push(digit);
  }
  return found;
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
