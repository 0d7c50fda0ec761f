import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CopyParser } from '#shared/custody/import/copy-parser.ts';
import { CsvParser } from '#shared/custody/import/csv-parser.ts';
import { examineRow } from '#shared/custody/import/examine-row.ts';
import { JsonLinesParser } from '#shared/custody/import/json-lines-parser.ts';
import { KEY_ENCODINGS, readKey } from '#shared/custody/import/key-text.ts';
import { BadSource, type RowParser } from '#shared/custody/import/source-row.ts';
import { parseInPieces, type ShownRow } from '#test/support/fakes/source-rows.ts';

const RUNS = { seed: 20_261_122, numRuns: 300 };
const COLUMNS = { key: 'k', address: 'a', label: 'l' };
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
/** Any text, and often the characters that mean something. */
const hostile = fc
  .string({
    unit: fc.oneof(fc.constantFrom(...'",;\t\r\n\\{}[]:NuxX.é😀'), fc.string({ minLength: 1, maxLength: 1 })),
    maxLength: 20,
  })
  // A lone surrogate has no UTF-8.
  .map((text) => text.toWellFormed())
  .filter((text) => !text.includes('\0'));
const table = fc.array(fc.tuple(hostile, hostile, hostile), { maxLength: 8 });

const withoutLines = (rows: readonly ShownRow[]) => rows.map(({ line: _line, ...rest }) => rest);
const named = (rows: readonly (readonly [string, string, string])[]) =>
  rows.map(([key, address, label]) => ({ key, address, label }));

describe('whatever a table holds comes back, in any pieces', () => {
  it('from CSV', () => {
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(table, sizes, fc.constantFrom('\n', '\r\n'), (rows, pieces, end) => {
        const text = ['k,a,l', ...rows.map((row) => row.map(quoted).join(','))].join(end);
        expect(withoutLines(parseInPieces(new CsvParser(COLUMNS, ','), Buffer.from(text), pieces))).toEqual(
          named(rows),
        );
      }),
      RUNS,
    );
  });

  it('from JSON lines, as JSON.stringify writes them', () => {
    fc.assert(
      fc.property(table, sizes, fc.jsonValue(), (rows, pieces, other) => {
        const lines = rows.map(([k, a, l]) => JSON.stringify({ x: other, k, y: [other], a, l }));
        const parser = new JsonLinesParser(COLUMNS);
        expect(withoutLines(parseInPieces(parser, Buffer.from(lines.join('\n')), pieces))).toEqual(named(rows));
      }),
      RUNS,
    );
  });

  it('from COPY', () => {
    const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
    const escaped = (text: string) => text.replaceAll(/[\\\t\n\r]/g, (one) => escapes[one] ?? one);
    fc.assert(
      fc.property(table, sizes, (rows, pieces) => {
        const lines = rows.map((row) => row.map(escaped).join('\t'));
        const text = ['COPY public.t (k, a, l) FROM stdin;', ...lines, '\\.', ''].join('\n');
        expect(withoutLines(parseInPieces(new CopyParser(COLUMNS, 't'), Buffer.from(text), pieces))).toEqual(
          named(rows),
        );
      }),
      RUNS,
    );
  });
});

describe('any bytes at all', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc
      .array(fc.constantFrom(...'k,al\n\r"\\\t{}[]:x0.', 'COPY t (k, a, l) FROM stdin;\n', '{"k":"', '\\.\n'), {
        maxLength: 80,
      })
      .map((parts) => Uint8Array.from(Buffer.from(parts.join('')))),
  );
  const parsers: Readonly<Record<string, () => RowParser>> = {
    CSV: () => new CsvParser(COLUMNS, ','),
    'JSON lines': () => new JsonLinesParser(COLUMNS),
    COPY: () => new CopyParser(COLUMNS, 't'),
  };
  const outcome = (parser: RowParser, input: Uint8Array, pieces: readonly number[]) => {
    try {
      return parseInPieces(parser, input, pieces);
    } catch (error) {
      if (error instanceof BadSource) return error.message;
      throw error;
    }
  };

  it.each(Object.entries(parsers))(
    'as %s are rows, refusals or a bad source, the same in any pieces',
    (_name, make) => {
      fc.assert(
        fc.property(bytes, sizes, (input, pieces) => {
          expect(outcome(make(), input, pieces)).toEqual(outcome(make(), input, [input.length]));
        }),
        { ...RUNS, numRuns: 600 },
      );
    },
  );
});

describe('keys', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const written = {
    hex: (bytes: Uint8Array) => Buffer.from(bytes).toString('hex'),
    decimal: (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`).toString(),
    base64: (bytes: Uint8Array) => Buffer.from(bytes).toString('base64'),
  };

  it.each(KEY_ENCODINGS)('come back from %s', (encoding) => {
    fc.assert(
      fc.property(key, (bytes) => {
        const read = readKey({ bytes: Buffer.from(written[encoding](bytes)), isBinary: false }, encoding);
        expect('key' in read ? Buffer.from(read.key).toString('hex') : read.problem).toBe(written.hex(bytes));
      }),
      RUNS,
    );
  });

  it.each(['hex', 'base64'] as const)('are refused in %s when any one character of them is gone', (encoding) => {
    fc.assert(
      fc.property(key, fc.nat({ max: 42 }), (bytes, place) => {
        const text = written[encoding](bytes).replace('=', '');
        const cut = text.slice(0, place) + text.slice(place + 1);
        // `0x` in the middle of a key becomes its prefix when what is before it is gone.
        fc.pre(!/^(0|\\)x/i.test(cut));
        expect(readKey({ bytes: Buffer.from(cut), isBinary: false }, encoding)).toEqual({ problem: 'key_bad_length' });
      }),
      RUNS,
    );
  });

  it('leave no part of themselves in what is said of a row that is refused', () => {
    fc.assert(
      fc.property(key, fc.constantFrom(...KEY_ENCODINGS), fc.nat({ max: 62 }), (bytes, encoding, cut) => {
        const text = written[encoding](bytes).slice(0, cut);
        const field = () => ({ bytes: Uint8Array.from(Buffer.from(text)), isBinary: false });
        const found = examineRow({ line: 1, fields: { key: field(), address: field(), label: field() } }, 'hex');
        const said = JSON.stringify(found);
        if (text.length >= 8) expect(said).not.toContain(text.slice(0, 8));
      }),
      RUNS,
    );
  });
});
