import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openText, SealBroken, sealText } from '#shared/platform/sealed-text.ts';

const KEY = 'a-stage-key-of-32-characters-or-more';
const CONTEXT = { row: 'whe_1', field: 'signing_secret' };

describe('a sealed text', () => {
  it('opens for the key and the place that it was sealed for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(openText(KEY, sealText(KEY, text, CONTEXT), CONTEXT)).toBe(text);
      }),
    );
  });

  it('shows nothing of the text, and is another each time', () => {
    const [one, two] = [sealText(KEY, 'whsec_canary', CONTEXT), sealText(KEY, 'whsec_canary', CONTEXT)];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.slice(3), 'base64url').includes('whsec_canary')).toBe(false);
  });

  it.each([
    ['another key', 'another-stage-key-of-32-characters', CONTEXT],
    ['another row', KEY, { ...CONTEXT, row: 'whe_2' }],
    ['another field', KEY, { ...CONTEXT, field: 'url' }],
    ['a context of more', KEY, { ...CONTEXT, more: '' }],
  ])('does not open for %s', (_, key, context) => {
    const sealed = sealText(KEY, 'whsec_canary', CONTEXT);
    expect(() => openText(key, sealed, context)).toThrow(SealBroken);
  });

  it('does not open once a bit of it was changed', () => {
    const bytes = Buffer.from(sealText(KEY, 'whsec_canary', CONTEXT).slice(3), 'base64url');
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(() => openText(KEY, `v1.${changed.toString('base64url')}`, CONTEXT)).toThrow(SealBroken);
      }),
    );
  });

  it.each(['', 'v1', 'v1.', 'v1.AAAA', 'v2.AAAA', 'whsec_canary', `${sealText(KEY, 'x', CONTEXT)}.more`])(
    'is not %j',
    (text) => {
      expect(() => openText(KEY, text, CONTEXT)).toThrow(SealBroken);
    },
  );
});
