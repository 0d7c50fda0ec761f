import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redactFields } from '#shared/platform/log/redact.ts';
import { KEY_ENCODINGS, survives, textOf } from '#test/support/fakes/key-encodings.ts';

const RUNS = { seed: 20_261_121, numRuns: 2_000 };

/** Uniform 32-byte keys: a generator that favours zeros would make keys that any text contains. */
const privateKey = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((seed) => createHash('sha256').update(seed).digest('hex'));

const encoding = fc.constantFrom(...Object.entries(KEY_ENCODINGS).map(([name, encode]) => ({ name, encode })));

/** What may stand beside a key: anything, then a character that no encoding has. */
const delimiter = fc.constantFrom(
  ' ',
  '"',
  "'",
  ',',
  ';',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '<',
  '>',
  '=',
  '\n',
  '\t',
  '|',
);
const surrounding = fc.string({ unit: 'grapheme', maxLength: 120 });
const fieldName = fc.constantFrom('note', 'message', 'error', 'detail', 'tx_hash', 'hashes', 'reason', 'answer');

describe('redaction', () => {
  it('leaves nothing of a private key in any encoding inside any text', () => {
    const sample = fc.tuple(privateKey, encoding, surrounding, delimiter, delimiter, surrounding, fieldName);
    fc.assert(
      fc.property(sample, ([key, { encode }, before, left, right, after, name]) => {
        const text = encode(key);
        // Alone under a hash's name a value of a hash's shape is public; in a longer text it never is.
        const out = textOf(redact(`${before}${left}${text}${right}${after}`, name));
        expect(survives(text, out)).toBe(false);
      }),
      RUNS,
    );
  });

  it('leaves nothing of a private key as hex even when other letters and digits touch it', () => {
    const touching = fc.stringMatching(/^[A-Za-z0-9_]{0,80}$/);
    fc.assert(
      fc.property(privateKey, touching, touching, (key, before, after) => {
        expect(survives(key, textOf(redact(`${before}${key}${after}`, 'note')))).toBe(false);
      }),
      RUNS,
    );
  });

  it('leaves nothing of a private key wherever it stands in a text that is too long', () => {
    const at = fc.integer({ min: 3_900, max: 4_200 });
    fc.assert(
      fc.property(privateKey, at, encoding, (key, offset, { encode }) => {
        const text = encode(key);
        expect(survives(text, textOf(redact(`${'- '.repeat(offset).slice(-offset)}${text} end`, 'note')))).toBe(false);
      }),
      RUNS,
    );
  });

  it('leaves nothing of a private key at any depth of objects, arrays, errors and causes', () => {
    type Wrap = (value: unknown) => unknown;
    const wraps: readonly Wrap[] = [
      (value) => ({ detail: value }),
      (value) => [1, value],
      (value) => new Error('outer', { cause: value }),
      (value) => new Error(textOf(value)),
    ];
    const layers = fc.array(fc.constantFrom(...wraps), { maxLength: 8 });
    fc.assert(
      fc.property(privateKey, encoding, layers, (key, { encode }, wrapping) => {
        const text = encode(key);
        const value = wrapping.reduce<unknown>((inner, wrap) => wrap(inner), text);
        expect(survives(text, textOf(redactFields({ value })))).toBe(false);
      }),
      RUNS,
    );
  });

  it('makes something that JSON can hold of any value', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true });
    fc.assert(
      fc.property(anything, (value) => {
        expect(() => JSON.stringify(redactFields({ value }))).not.toThrow();
      }),
      RUNS,
    );
  });

  it('does not change what it has redacted already', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), privateKey, (text, key) => {
        const once = redact(`${text} ${key}`, 'note');
        expect(redact(once, 'note')).toEqual(once);
      }),
      RUNS,
    );
  });
});
