import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAddressAllowed, isAddressBlock } from '#shared/platform/auth/address-list.ts';

const RUNS = { seed: 20_261_127, numRuns: 2_000 };

const toIPv4 = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.');
const toIPv6 = (value: bigint) =>
  Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':');

const ipv4 = fc.nat({ max: 0xffff_ffff });
const ipv6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

/** An address near a network: the same but for one bit, so that both sides of a prefix are met. */
const flipped = <T>(value: T, bit: number, flip: (value: T, bit: number) => T) => flip(value, bit);

describe('an address is in a block exactly when their first bits agree', () => {
  it('for IPv4', () => {
    fc.assert(
      fc.property(ipv4, fc.nat({ max: 32 }), fc.nat({ max: 31 }), (network, prefix, bit) => {
        const address = flipped(network, bit, (value, at) => (value ^ (1 << at)) >>> 0);
        const inside = 31 - bit >= prefix;
        expect(isAddressAllowed([`${toIPv4(network)}/${prefix}`], toIPv4(address))).toBe(inside);
        expect(isAddressAllowed([`${toIPv4(network)}/${prefix}`], toIPv4(network))).toBe(true);
      }),
      RUNS,
    );
  });

  it('for IPv6', () => {
    fc.assert(
      fc.property(ipv6, fc.nat({ max: 128 }), fc.nat({ max: 127 }), (network, prefix, bit) => {
        const address = flipped(network, bit, (value, at) => value ^ (1n << BigInt(at)));
        const inside = 127 - bit >= prefix;
        expect(isAddressAllowed([`${toIPv6(network)}/${prefix}`], toIPv6(address))).toBe(inside);
        expect(isAddressAllowed([`${toIPv6(network)}/${prefix}`], toIPv6(network))).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('a list', () => {
  it('allows what any of its blocks allows, and nothing else', () => {
    const block = fc.tuple(ipv4, fc.nat({ max: 32 })).map(([network, prefix]) => `${toIPv4(network)}/${prefix}`);
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 8 }), ipv4, (blocks, value) => {
        const address = toIPv4(value);
        expect(isAddressAllowed(blocks, address)).toBe(blocks.some((one) => isAddressAllowed([one], address)));
      }),
      RUNS,
    );
  });

  it('of any texts never throws, and never opens by what it cannot read', () => {
    const text = fc.oneof(fc.string({ maxLength: 40 }), fc.stringMatching(/^[0-9a-f.:/%]{1,30}$/));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), text, (blocks, address) => {
        const readable = blocks.filter(isAddressBlock);
        const allowed = isAddressAllowed(blocks, address);
        expect(allowed).toBe(readable.length > 0 && isAddressAllowed(readable, address));
      }),
      RUNS,
    );
  });
});
