import { describe, expect, it } from 'vitest';
import { CopyParser } from '#shared/custody/import/copy-parser.ts';
import { parseInPieces } from '#test/support/fakes/source-rows.ts';

const parse = (text: string, table = 'wallets', sizes?: readonly number[]) =>
  parseInPieces(new CopyParser({ key: 'key', address: undefined, label: 'label' }, table), Buffer.from(text), sizes);

const DUMP = `--
-- PostgreSQL database dump
--

COPY public.others (key, label) FROM stdin;
no\tno
\\.

COPY public."wallets" (id, "key", label, added) FROM stdin;
1\ta\tone\t2020-01-01
2\t\\\\x6162\ttab\\tnew\\nline\\\\\\101\\x42\t\\N
3\t\\N\t\\N\t\\N
\\.

SELECT pg_catalog.setval('x', 1);
`;

describe('a plain dump of PostgreSQL', () => {
  it.each([
    ['wallets', undefined],
    ['public.wallets', [1]],
  ])('gives the rows of the table %s, unescaped, and no other', (table, sizes) => {
    expect(parse(DUMP, table, sizes)).toEqual([
      { line: 10, key: 'a', label: 'one' },
      { line: 11, key: '\\x6162', label: 'tab\tnew\nline\\AB' },
      { line: 12 },
    ]);
  });

  it('has no table of that name, or two', () => {
    expect(() => parse(DUMP, 'purses')).toThrow('no data of a table purses');
    expect(() => parse(`${DUMP}${DUMP.replaceAll('public.', 'private.')}`)).toThrow('several tables wallets');
    expect(parse(`${DUMP}${DUMP.replaceAll('public.', 'private.')}`, 'private.wallets')).toHaveLength(3);
  });

  it('that was cut off says so, after the rows that are whole', () => {
    const cut = DUMP.slice(0, DUMP.indexOf('3\t'));
    expect(parse(cut).at(-1)).toEqual({ line: 12, problem: 'source_cut_off' });
  });

  it('refuses a row with another number of fields, or one that is too long', () => {
    const text = `COPY wallets (key, label) FROM stdin;\na\nb\tc\td\n${'x'.repeat(70_000)}\tl\ne\tf\n\\.\n`;
    expect(parse(text)).toEqual([
      { line: 2, problem: 'wrong_field_count' },
      { line: 3, problem: 'wrong_field_count' },
      { line: 4, problem: 'row_too_long' },
      { line: 5, key: 'e', label: 'f' },
    ]);
  });

  it('takes no line of data for the head of a table', () => {
    const text = `COPY others (a) FROM stdin;\nCOPY wallets (key, label) FROM stdin;\n\\.\nCOPY wallets (key, label) FROM stdin;\na\tb\n\\.\n`;
    expect(parse(text)).toEqual([{ line: 5, key: 'a', label: 'b' }]);
  });
});
