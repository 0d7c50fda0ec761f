import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '#shared/platform/canonical-json.ts';

describe('canonicalJson', () => {
  it.each([
    ['sorts keys', { b: 1, a: 2 }, '{"a":2,"b":1}'],
    ['sorts keys at every depth', { z: [{ d: 1, c: { f: 1, e: 2 } }] }, '{"z":[{"c":{"e":2,"f":1},"d":1}]}'],
    [
      'sorts keys by UTF-16 code units, numbers included',
      { é: 1, a: 1, B: 1, 10: 1, 9: 1 },
      '{"10":1,"9":1,"B":1,"a":1,"é":1}',
    ],
    ['keeps the order of lists', [3, 1, 2], '[3,1,2]'],
    ['leaves undefined members out', { a: undefined, b: null }, '{"b":null}'],
    ['keeps the places of undefined items', [undefined, 1], '[null,1]'],
    ['tells a number from its text', { a: 1, b: '1' }, '{"a":1,"b":"1"}'],
    ['tells null from its text', [null, 'null'], '[null,"null"]'],
    ['escapes as JSON does', 'a"\\\n\u2028\ud800', '"a\\"\\\\\\n\u2028\\ud800"'],
    ['gives -0 the text of 0', -0, '0'],
    ['handles empty values', [{}, [], ''], '[{},[],""]'],
    ['keeps an own member named __proto__', JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
  ])('%s', (_name, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});

describe('sha256Hex', () => {
  // https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ])('hashes %j as NIST does', (text, hash) => {
    expect(sha256Hex(text)).toBe(hash);
  });

  it('hashes a text as UTF-8', () => {
    expect(sha256Hex('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c');
  });
});
