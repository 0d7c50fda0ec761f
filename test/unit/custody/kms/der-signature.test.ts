import { describe, expect, it } from 'vitest';
import { CURVE_ORDER } from '#shared/custody/curve.ts';
import { parseDerSignature } from '#shared/custody/kms/der-signature.ts';

const ORDER_HEX = CURVE_ORDER.toString(16);
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const parse = (hex: string) => parseDerSignature(bytes(hex));

describe('a signature in DER', () => {
  it('is its two numbers', () => {
    expect(parse('30 06 02 01 01 02 01 02')).toEqual({ r: 1n, s: 2n });
  });

  it('has a zero before a number whose first bit is set, and only then', () => {
    expect(parse('30 07 02 02 00 80 02 01 7f')).toEqual({ r: 0x80n, s: 0x7fn });
  });

  it('may have numbers up to one below the order of the curve', () => {
    const most = (CURVE_ORDER - 1n).toString(16);
    expect(parse(`30 46 02 21 00 ${most} 02 21 00 ${most}`)).toEqual({ r: CURVE_ORDER - 1n, s: CURVE_ORDER - 1n });
  });
});

describe('is no signature', () => {
  it.each([
    ['nothing', ''],
    ['only a tag', '30'],
    ['an empty sequence', '30 00'],
    ['one number', '30 03 02 01 01'],
    ['three numbers', '30 09 02 01 01 02 01 02 02 01 03'],
    ['a set in place of the sequence', '31 06 02 01 01 02 01 02'],
    ['an octet string in place of r', '30 06 04 01 01 02 01 02'],
    ['an octet string in place of s', '30 06 02 01 01 04 01 02'],
    ['a byte behind it', '30 06 02 01 01 02 01 02 00'],
    ['a byte behind s, within the sequence', '30 07 02 01 01 02 01 02 00'],
    ['a byte too few', '30 06 02 01 01 02 01'],
    ['a sequence shorter than what is in it', '30 05 02 01 01 02 01 02'],
    ['a sequence longer than what there is', '30 07 02 01 01 02 01 02'],
    ['a length of two bytes (BER)', '30 81 06 02 01 01 02 01 02'],
    ['a length of a number of two bytes (BER)', '30 07 02 81 01 01 02 01 02'],
    ['an indefinite length (BER)', '30 80 02 01 01 02 01 02 00 00'],
    ['an r without bytes', '30 05 02 00 02 01 02'],
    ['an s without bytes', '30 05 02 01 01 02 00'],
    ['an r of zero', '30 06 02 01 00 02 01 02'],
    ['an s of zero', '30 06 02 01 01 02 01 00'],
    ['a negative r', '30 06 02 01 80 02 01 02'],
    ['a negative s', '30 06 02 01 01 02 01 ff'],
    ['a padded r', '30 07 02 02 00 01 02 01 02'],
    ['a padded s', '30 07 02 01 01 02 02 00 02'],
    ['an r that is the order', `30 26 02 21 00 ${ORDER_HEX} 02 01 01`],
    ['an s that is the order', `30 26 02 01 01 02 21 00 ${ORDER_HEX}`],
    ['an r beyond the order', `30 27 02 22 01 00 ${ORDER_HEX} 02 01 01`],
    ['an r that ends beyond the whole', '30 06 02 05 01 02 01 02'],
  ])('%s', (_name, hex) => {
    expect(parse(hex)).toBeUndefined();
  });
});
