import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExactJson, InexactJson, JsonNumber, parseExactJson } from '#shared/platform/exact-json.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';

/** The same with numbers as JSON.parse has them. */
function plain(value: ExactJson): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}

describe('exact JSON', () => {
  it('says what JSON.parse says of every JSON text, but for numbers, which it leaves as they are', () => {
    const value = fc.jsonValue({ maxDepth: 5 });
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (one, space) => {
        const text = JSON.stringify(one, null, space);
        expect(plain(parseExactJson(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses all that JSON.parse refuses', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[{}[\]",:0-9a-e.+\\ -]{0,20}$/));
    fc.assert(
      fc.property(text, (one) => {
        let isJson = true;
        try {
          JSON.parse(one);
        } catch {
          isJson = false;
        }
        if (isJson) return;
        expect(() => parseExactJson(one)).toThrow(InexactJson);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps numbers as they are written', () => {
    for (const text of ['0.10', '12345678901234567890.123456789', '1e999', '-0', '0.1E-7']) {
      expect(parseExactJson(` ${text} `)).toEqual(new JsonNumber(text));
    }
  });

  it.each([
    ['a name twice', '{"a":1,"a":1}'],
    ['a name twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['a name twice further in', '[{"x":{"b":1,"b":2}}]'],
    ['more than it should nest', `${'['.repeat(10)}${']'.repeat(10)}`],
    ['nothing', ''],
    ['a comma too many', '[1,]'],
    ['a byte order mark', '\ufeff{}'],
    ['a line break in a text', '"a\nb"'],
  ])('refuses %s', async (_what, text) => {
    await caughtLater(InexactJson, async () => parseExactJson(text));
  });

  it('takes __proto__ for a name like any other', () => {
    const read = parseExactJson('{"__proto__":{"a":"1"},"constructor":"2"}');
    expect(Object.getPrototypeOf(read)).toBeNull();
    expect(JSON.stringify(read)).toBe('{"__proto__":{"a":"1"},"constructor":"2"}');
  });
});
