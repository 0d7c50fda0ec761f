import { describe, expect, it } from 'vitest';
import { CsvParser } from '#shared/custody/import/csv-parser.ts';
import { parseInPieces } from '#test/support/fakes/source-rows.ts';

const COLUMNS = { key: 'k', address: undefined, label: 'l' };
const parse = (text: string, sizes?: readonly number[], delimiter = ',') =>
  parseInPieces(new CsvParser(COLUMNS, delimiter), Buffer.from(text), sizes);

describe('CSV (RFC 4180)', () => {
  it.each([
    ['LF', 'k,l\na,b\nc,d\n'],
    ['CRLF', 'k,l\r\na,b\r\nc,d\r\n'],
    ['no end of the last line', 'k,l\na,b\nc,d'],
    ['CRLF in pieces of one byte', 'k,l\r\na,b\r\nc,d', [1]],
    ['other columns around', 'x,k,y,l\n1,a,2,b\n3,c,4,d\n'],
    ['quoted fields', '"k","l"\n"a","b"\n"c",d\n'],
    ['another delimiter', 'k;l\na;b\nc;d\n', undefined, ';'],
    ['names in another case', 'K,L\na,b\nc,d\n'],
  ])('is read with %s', (_what, text, sizes?: readonly number[], delimiter?: string) => {
    expect(parse(text, sizes, delimiter)).toEqual([
      { line: 2, key: 'a', label: 'b' },
      { line: 3, key: 'c', label: 'd' },
    ]);
  });

  it('takes doubled quotes, delimiters and line ends in quotes, and names the line that a row begins on', () => {
    expect(parse('k,l\n"a","say ""hi"", he\r\nsaid\n"\nb,c\n')).toEqual([
      { line: 2, key: 'a', label: 'say "hi", he\r\nsaid\n' },
      { line: 5, key: 'b', label: 'c' },
    ]);
  });

  it('passes blank lines, and counts them', () => {
    expect(parse('k,l\n\n\r\na,b\n\n')).toEqual([{ line: 4, key: 'a', label: 'b' }]);
  });

  it('tells an empty quoted field from a blank line', () => {
    const parser = new CsvParser({ key: 'k', address: undefined, label: undefined }, ',');
    expect(parseInPieces(parser, Buffer.from('k\n""\n\n'))).toEqual([{ line: 2, key: '' }]);
  });

  it.each([
    ['a quote inside of a plain field', 'a"b,c'],
    ['text after a closing quote', '"a"b,c'],
    ['a lone carriage return', 'a\rb,c'],
    ['a NUL', 'a\0,c'],
  ])('refuses a row with %s, and reads the next', (_what, row) => {
    expect(parse(`k,l\n${row}\nd,e\n`)).toEqual([
      { line: 2, problem: 'malformed_row' },
      { line: 3, key: 'd', label: 'e' },
    ]);
  });

  it.each(['a', 'a,b,c'])('refuses the row %j, which has not as many fields as the header', (row) => {
    expect(parse(`k,l\n${row}\nd,e\n`)[0]).toEqual({ line: 2, problem: 'wrong_field_count' });
  });

  it('says that a quote is never closed, and where it was opened', () => {
    expect(parse('k,l\na,b\n"c,d\ne,f\n')).toEqual([
      { line: 2, key: 'a', label: 'b' },
      { line: 3, problem: 'unclosed_quote' },
    ]);
  });

  it('refuses a row that is longer than any with a key, in bounded memory, and reads the next', () => {
    const rows = parse(`k,l\n${'x'.repeat(1_000_000)},b\nc,d\n`, [4_096]);
    expect(rows).toEqual([
      { line: 2, problem: 'row_too_long' },
      { line: 3, key: 'c', label: 'd' },
    ]);
  });

  it.each([
    ['no such column', 'a,b\n', 'There is no column k among the 2 columns'],
    ['a column twice', 'k,k,l\n', 'There are 2 columns k'],
    ['a header that is no CSV', '"k"x,l\na,b\n', 'The first line is no CSV header'],
    ['a quote in the header that is never closed', '"k,l\n', 'never closed'],
    ['nothing', '', 'empty'],
  ])('is refused as a whole with %s', (_what, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('quotes nothing of a file without a header: its first line would be a key', () => {
    const key = '4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318';
    expect(() => parse(`${key},name\n`)).toThrow(/^(?!.*4c0883).*There is no column k among the 2 columns/);
  });
});
