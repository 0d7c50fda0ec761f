import { JsonScanner } from './json-scanner.ts';
import { LineSplitter } from './line-splitter.ts';
import type { ColumnNames, FieldBytes, RowParser, SourceRow } from './source-row.ts';

/**
 * JSON lines: one object a line. Read as bytes and not by JSON.parse, which makes strings that can't be overwritten, and
 * whose errors quote what they fail on. A number is taken by its digits; what is inside of objects and lists is left out.
 */
export class JsonLinesParser implements RowParser {
  readonly #columns: ColumnNames;
  readonly #lines: LineSplitter;
  #rows: SourceRow[] = [];

  constructor(columns: ColumnNames) {
    this.#columns = columns;
    this.#lines = new LineSplitter(({ number, bytes }) => {
      if (bytes === undefined) this.#rows.push({ line: number, problem: 'row_too_long' });
      else if (!isBlank(bytes)) this.#rows.push(this.#read(number, bytes));
    });
  }

  push(chunk: Uint8Array): SourceRow[] {
    this.#lines.push(chunk);
    return this.#take();
  }

  end(): SourceRow[] {
    this.#lines.end();
    return this.#take();
  }

  #take(): SourceRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  #read(line: number, bytes: Uint8Array): SourceRow {
    const { key, address, label } = this.#columns;
    const members = new JsonScanner(bytes).members([key, address, label].filter((name) => name !== undefined));
    if (members === undefined) return { line, problem: 'malformed_row' };
    const field = (name: string | undefined): FieldBytes | undefined => {
      const value = name === undefined ? undefined : members.get(name);
      return value === undefined ? undefined : { bytes: value, isBinary: false };
    };
    return { line, fields: { key: field(key), address: field(address), label: field(label) } };
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09);
}
