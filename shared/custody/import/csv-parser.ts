import { RowBytes } from './row-bytes.ts';
import {
  BadSource,
  type ColumnNames,
  type ColumnPlaces,
  pickFields,
  placeColumns,
  type RowParser,
  type SourceRow,
} from './source-row.ts';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** More columns than any table has. */
const MAX_FIELDS = 1_600;

/** Where in a row the parser is. */
type Place = 'field start' | 'plain' | 'quoted' | 'after quote' | 'after CR';

/**
 * CSV as RFC 4180 has it (https://www.rfc-editor.org/rfc/rfc4180): a header, fields that may be quoted and then hold
 * delimiters, doubled quotes and line ends. Lines end in LF or CRLF. Blank lines count and say nothing. Strict where
 * guessing could take half a key for a key: a quote inside of a plain field, or text after a closing quote, refuses the row.
 */
export class CsvParser implements RowParser {
  readonly #columns: ColumnNames;
  readonly #delimiter: number;
  readonly #row = new RowBytes();
  #ends: number[] = [];
  #place: Place = 'field start';
  #isMalformed = false;
  #isQuotedField = false;
  #line = 1;
  #rowLine = 1;
  #places: ColumnPlaces | undefined;

  /** @param delimiter one character of ASCII */
  constructor(columns: ColumnNames, delimiter: string) {
    this.#columns = columns;
    this.#delimiter = delimiter.charCodeAt(0);
  }

  push(chunk: Uint8Array): SourceRow[] {
    const rows: SourceRow[] = [];
    for (const byte of chunk) this.#take(byte, rows);
    return rows;
  }

  end(): SourceRow[] {
    const rows: SourceRow[] = [];
    if (this.#place === 'quoted') {
      this.#clear();
      if (this.#places === undefined) throw new BadSource('A quote in the header is never closed');
      return [{ line: this.#rowLine, problem: 'unclosed_quote' }];
    }
    if (this.#row.length > 0 || this.#ends.length > 0 || this.#isQuotedField) this.#endRow(rows);
    if (this.#places === undefined) throw new BadSource('The source is empty');
    return rows;
  }

  #take(byte: number, rows: SourceRow[]): void {
    if (byte === LF) this.#line += 1;
    if (this.#place === 'quoted') {
      if (byte === QUOTE) this.#place = 'after quote';
      else this.#row.add(byte);
    } else if (byte === LF) this.#endRow(rows);
    else if (this.#place === 'after CR') {
      // A carriage return that ends no line.
      this.#isMalformed = true;
      this.#place = 'plain';
    } else if (byte === CR) this.#place = 'after CR';
    else if (byte === this.#delimiter) this.#endField();
    else if (byte === QUOTE) this.#takeQuote();
    else if (this.#place === 'after quote' || byte === 0) this.#isMalformed = true;
    else {
      this.#place = 'plain';
      this.#row.add(byte);
    }
  }

  #takeQuote(): void {
    if (this.#place === 'field start') {
      this.#place = 'quoted';
      this.#isQuotedField = true;
    } else if (this.#place === 'after quote') {
      this.#row.add(QUOTE);
      this.#place = 'quoted';
    } else this.#isMalformed = true;
  }

  #endField(): void {
    if (this.#ends.length < MAX_FIELDS) this.#ends.push(this.#row.length);
    else this.#isMalformed = true;
    this.#place = 'field start';
  }

  #endRow(rows: SourceRow[]): void {
    const isBlank = this.#row.length === 0 && this.#ends.length === 0 && !this.#isQuotedField && !this.#isMalformed;
    if (!isBlank) {
      this.#endField();
      const row = this.#finish();
      if (row !== undefined) rows.push(row);
    }
    this.#clear();
    this.#rowLine = this.#line;
  }

  /** The row, or undefined when it was the header. */
  #finish(): SourceRow | undefined {
    const line = this.#rowLine;
    const isReadable = !this.#row.overflows && !this.#isMalformed;
    const fields = this.#ends.map((end, index) => this.#row.view(index === 0 ? 0 : (this.#ends[index - 1] ?? 0), end));
    if (this.#places === undefined) {
      if (!isReadable) throw new BadSource('The first line is no CSV header');
      this.#places = placeColumns(this.#columns, fields);
      return undefined;
    }
    if (this.#row.overflows) return { line, problem: 'row_too_long' };
    if (this.#isMalformed) return { line, problem: 'malformed_row' };
    if (fields.length !== this.#places.count) return { line, problem: 'wrong_field_count' };
    return { line, fields: pickFields(this.#places, fields) };
  }

  #clear(): void {
    this.#row.clear();
    this.#ends = [];
    this.#place = 'field start';
    this.#isMalformed = false;
    this.#isQuotedField = false;
  }
}
