import { describe, expect, it } from 'vitest';
import { addressInput, InputError, parseInput, privateKeyInput, rpcUrlInput } from '#contracts/inputs.ts';

/** The order of secp256k1's group (SEC 2, 2.4.1): keys are below it. */
const GROUP_ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const BELOW_ORDER = `0x${GROUP_ORDER.slice(0, -1)}0`;

describe('parseInput', () => {
  it('a missing input is named as missing', () => {
    expect(() => parseInput('adminAddress', addressInput, '')).toThrow(new InputError('adminAddress', 'is missing'));
  });

  it.each([
    ['0x', 'no digits'],
    ['ab'.repeat(32), 'no 0x'],
    [`0x${'ab'.repeat(31)}`, 'too short'],
    [`0x${'ab'.repeat(33)}`, 'too long'],
    [`0x${'zz'.repeat(32)}`, 'no hex'],
    [`0x${'00'.repeat(32)}`, 'zero'],
    [`0x${GROUP_ORDER}`, 'the group order'],
  ])('%s is no private key (%s), and the error does not repeat it', (value) => {
    expect(() => parseInput('deployerKey', privateKeyInput, value)).toThrow(
      new InputError('deployerKey', 'must be a private key: 0x and 64 hex digits'),
    );
  });

  it.each([BELOW_ORDER, `0x${'0'.repeat(63)}1`])('%s is a private key', (value) => {
    expect(parseInput('deployerKey', privateKeyInput, value)).toBe(value);
  });

  it.each(['ws://127.0.0.1:8545', 'file:///etc/hostname', '127.0.0.1:8545', 'https://'])(
    '%s is no endpoint, and the error does not repeat it',
    (value) => {
      expect(() => parseInput('rpcUrl', rpcUrlInput, value)).toThrow(
        new InputError('rpcUrl', 'must be an http or https URL'),
      );
    },
  );

  it.each(['http://127.0.0.1:8545', 'http://localhost:8545', 'https://user:pass@rpc.example/v2/key'])(
    '%s is an endpoint',
    (value) => {
      expect(parseInput('rpcUrl', rpcUrlInput, value)).toBe(value);
    },
  );

  it('an address comes out with its checksum', () => {
    expect(parseInput('minterAddress', addressInput, '0x70997970c51812dc3a010c7d01b50e0d17dc79c8')).toBe(
      '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    );
  });

  it('an address with a wrong checksum is refused', () => {
    expect(() => parseInput('minterAddress', addressInput, '0x70997970C51812dc3A010C7d01b50e0d17dc79c8')).toThrow(
      InputError,
    );
  });
});
