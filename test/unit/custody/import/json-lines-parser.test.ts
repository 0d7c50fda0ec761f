import { describe, expect, it } from 'vitest';
import { JsonLinesParser } from '#shared/custody/import/json-lines-parser.ts';
import { parseInPieces } from '#test/support/fakes/source-rows.ts';

const parse = (text: string, sizes?: readonly number[]) =>
  parseInPieces(new JsonLinesParser({ key: 'k', address: undefined, label: 'l' }), Buffer.from(text), sizes);

describe('JSON lines', () => {
  it('give the wanted members, whatever is around them', () => {
    const text = [
      '{"k":"a","l":"b"}',
      ' { "x" : {"k":"no","y":[1,{"k":"}"}]} , "l" : "ü\\u00fc\\ud83d\\ude00\\n\\"" , "k" : "a" } ',
      '',
      '{"k":12345678901234567890123456789012345678901234567890}\r',
      '{"k":null,"l":true}',
      '{}',
    ].join('\n');
    expect(parse(text, [7])).toEqual([
      { line: 1, key: 'a', label: 'b' },
      { line: 2, key: 'a', label: 'üü😀\n"' },
      { line: 4, key: '12345678901234567890123456789012345678901234567890' },
      { line: 5 },
      { line: 6 },
    ]);
  });

  it('know no prototype: __proto__ and constructor are members like any', () => {
    expect(parse('{"__proto__":{"k":"evil"},"constructor":"x","k":"a"}')).toEqual([{ line: 1, key: 'a' }]);
    const parser = new JsonLinesParser({ key: '__proto__', address: 'constructor', label: undefined });
    expect(parseInPieces(parser, Buffer.from('{"__proto__":"a"}'))).toEqual([{ line: 1, key: 'a' }]);
    expect(Object.prototype).not.toHaveProperty('k');
  });

  it.each([
    ['a member twice', '{"k":"a","k":"b"}'],
    ['a member twice, once null', '{"k":null,"k":"b"}'],
    ['no end', '{"k":"a"'],
    ['a text without an end', '{"k":"a'],
    ['an escape at its end', '{"k":"a\\'],
    ['something after it', '{"k":"a"} x'],
    ['a list', '["k","a"]'],
    ['a trailing comma', '{"k":"a",}'],
    ['a bare word', '{"k":nil}'],
    ['a control character in a text', '{"k":"a\tb"}'],
    ['an escape that is none', '{"k":"\\x41"}'],
    ['brackets that do not match', '{"x":[1},"k":"a"}'],
    ['endless nesting', `{"x":${'['.repeat(5_000)}`],
  ])('are refused one by one with %s', (_what, line) => {
    expect(parse(`${line}\n{"k":"z"}\n`)).toEqual([
      { line: 1, problem: 'malformed_row' },
      { line: 2, key: 'z' },
    ]);
  });

  it('are refused when they are too long', () => {
    expect(parse(`{"k":"${'a'.repeat(70_000)}"}\n{"k":"z"}`)).toEqual([
      { line: 1, problem: 'row_too_long' },
      { line: 2, key: 'z' },
    ]);
  });
});
