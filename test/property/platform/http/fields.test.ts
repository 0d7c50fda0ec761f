import { getAddress } from 'ethers/address';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressField, amountField } from '#shared/platform/http/fields.ts';

const RUNS = { seed: 20_261_123, numRuns: 2_000 };
const MAX_UINT256 = 2n ** 256n - 1n;

describe('an amount', () => {
  it('is any uint256 in decimal, unchanged', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_UINT256 }), (value) => {
        expect(amountField.parse(value.toString())).toBe(value.toString());
      }),
      RUNS,
    );
  });

  it('is never a number that a uint256 cannot hold', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: MAX_UINT256 + 1n, max: 2n ** 300n }), (value) => {
        expect(amountField.safeParse(value.toString()).success).toBe(false);
        expect(amountField.safeParse((-value).toString()).success).toBe(false);
      }),
      RUNS,
    );
  });

  it('when accepted, is exactly the decimal writing of its value', () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 90 }),
      fc.double().map(String),
      fc.stringMatching(/^[-+ 0]?\d{1,80}[.e]?\d?$/),
      fc.string({ unit: fc.constantFrom(...'0123456789٠١٢０１²'), maxLength: 80 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = amountField.safeParse(text);
        if (parsed.success) expect(BigInt(text).toString()).toBe(text);
        else expect(/^(0|[1-9][0-9]*)$/.test(text) && BigInt(text) <= MAX_UINT256).toBe(false);
      }),
      RUNS,
    );
  });
});

describe('an address', () => {
  const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((value) => Buffer.from(value).toString('hex'));

  it('is accepted in lower case and with its checksum, and comes out with its checksum', () => {
    fc.assert(
      fc.property(bytes, (hex) => {
        const address = getAddress(`0x${hex}`);
        expect(addressField.parse(`0x${hex}`)).toBe(address);
        expect(addressField.parse(address)).toBe(address);
      }),
      RUNS,
    );
  });

  it('is refused when one letter of a mixed-case address has the wrong case', () => {
    const at = fc.nat({ max: 39 });
    fc.assert(
      fc.property(bytes, at, (hex, start) => {
        const address = getAddress(`0x${hex}`).slice(2);
        const flipped = [...address].map((letter, index) => (index === start ? flip(letter) : letter)).join('');
        fc.pre(flipped !== address && /[a-f]/.test(flipped) && /[A-F]/.test(flipped));
        expect(addressField.safeParse(`0x${flipped}`).success).toBe(false);
      }),
      RUNS,
    );
  });
});

function flip(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
}
