import { hexlify, TypedDataEncoder } from 'ethers';
import { describe, expect, it } from 'vitest';
import { checkTypedData } from '#shared/custody/messages/typed-data.ts';
import { type TypedData, typedDataField } from '#shared/custody/messages/typed-data-field.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { parsePart } from '#shared/platform/http/validation.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { domainOf, MAIL, PERMIT } from '#test/support/fakes/typed-data.ts';

const DOMAIN_STRUCT = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];
/** Typed data of one field. */
const one = (type: string, value: unknown): TypedData => ({
  ...MAIL,
  types: { Note: [{ name: 'it', type }] },
  primaryType: 'Note',
  message: { it: value },
});
const refusal = (data: TypedData) => caught(HavenError, () => checkTypedData(data, 'body.typed_data'));
const fieldOf = (error: HavenError) => JSON.stringify(error.details['fields']);

describe('typed data', () => {
  it('is hashed as the example of EIP-712 has it', () => {
    const data = { ...MAIL, domain: { ...MAIL.domain, chainId: 1 } };
    expect(hexlify(checkTypedData(data, 'body').digest)).toBe(
      '0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2',
    );
  });

  it('is the same with the struct of its domain and without', () => {
    const withDomain = { ...MAIL, types: { EIP712Domain: DOMAIN_STRUCT, ...MAIL.types } };
    expect(checkTypedData(withDomain, 'body').digest).toEqual(checkTypedData(MAIL, 'body').digest);
    expect(checkTypedData(withDomain, 'body').types).toEqual(MAIL.types);
  });

  it.each([
    ['bool', true],
    ['string', 'é'],
    ['bytes', '0x'],
    ['bytes4', '0x12345678'],
    ['address', '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'],
    ['uint256', (2n ** 256n - 1n).toString()],
    ['int8', -128],
    ['uint8', '0xff'],
    ['uint8[]', []],
    [
      'uint8[2][]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ])('takes %s as JSON has it', (type, value) => {
    const data = one(type, value);
    expect(hexlify(checkTypedData(data, 'body').digest)).toBe(
      TypedDataEncoder.hash(domainOf(data), { ...data.types }, data.message),
    );
  });
});

describe('typed data is refused', () => {
  it.each<[string, TypedData, string]>([
    ['has no such primary type', { ...MAIL, primaryType: 'Letter' }, 'primaryType'],
    ['has the domain as its primary type', { ...MAIL, primaryType: 'EIP712Domain' }, 'primaryType'],
    [
      'has a primary type that is part of another',
      { ...MAIL, primaryType: 'Person', message: { name: 'x', wallet: PERMIT.domain.verifyingContract } },
      'types',
    ],
    ['has structs that nothing leads to', { ...MAIL, types: { ...MAIL.types, Permit: [] } }, 'types'],
    [
      'has another domain struct than its domain',
      { ...MAIL, types: { ...MAIL.types, EIP712Domain: DOMAIN_STRUCT.slice(1) } },
      'EIP712Domain',
    ],
    [
      'has its domain struct in another order',
      { ...MAIL, types: { ...MAIL.types, EIP712Domain: [...DOMAIN_STRUCT].reverse() } },
      'EIP712Domain',
    ],
    ['says of nobody whom it is for', { ...MAIL, domain: { chainId: 1 } }, 'domain'],
    ['has an unknown type', one('uint7', 1), 'types.Note'],
    [
      'has a struct named as an atom',
      { ...one('address', '0x'), types: { Note: [{ name: 'it', type: 'bool' }], address: [] } },
      'types',
    ],
    [
      'has a struct with a name that could pass for two',
      {
        ...one('bool', true),
        types: { 'Note(bool it)Other': [{ name: 'it', type: 'bool' }] },
        primaryType: 'Note(bool it)Other',
      },
      'types',
    ],
    [
      'has a field twice',
      {
        ...MAIL,
        types: {
          Note: [
            { name: 'it', type: 'bool' },
            { name: 'it', type: 'bool' },
          ],
        },
        primaryType: 'Note',
        message: { it: true },
      },
      'types.Note',
    ],
    [
      'refers to itself',
      { ...MAIL, types: { Note: [{ name: 'next', type: 'Note[]' }] }, primaryType: 'Note', message: { next: [] } },
      'typed_data',
    ],
    ['has a bool that is none', one('bool', 'false'), 'message.it'],
    ['has a number that is none', one('uint256', 1.5), 'message.it'],
    ['has a number that JSON rounds', one('uint256', 2 ** 60), 'typed_data'],
    ['has a number too large for its type', one('uint8', 256), 'typed_data'],
    ['has a negative number without a sign', one('uint8', -1), 'typed_data'],
    ['has an address in another form', one('address', 'XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS'), 'message.it'],
    [
      'has an address with a wrong checksum',
      one('address', '0x70997970c51812dc3A010C7d01b50e0d17dc79C8'),
      'typed_data',
    ],
    ['has bytes of another length', one('bytes4', '0x12'), 'typed_data'],
    ['has a text with half a character', one('string', '\ud800'), 'message.it'],
    ['has a list that is none', one('uint8[]', { 0: 1 }), 'message.it'],
    ['has a list of another length', one('uint8[2]', [1]), 'message.it'],
    ['lists in lists in lists in lists in lists', one('uint8[][][][][]', []), 'types.Note'],
  ])('that %s', (_name, data, field) => {
    const error = refusal(data);
    expect(error.code).toBe('INVALID_PARAMETER');
    expect(fieldOf(error)).toContain(field);
  });

  it('without a chain, or with a field of the domain that EIP-712 does not know', () => {
    const { chainId: _chainId, ...domain } = MAIL.domain;
    expect(caught(HavenError, () => parsePart(typedDataField, 'body', { ...MAIL, domain })).code).toBe(
      'INVALID_PARAMETER',
    );
    const unknown = { ...MAIL, domain: { ...MAIL.domain, owner: 'x' } };
    expect(caught(HavenError, () => parsePart(typedDataField, 'body', unknown)).code).toBe('UNKNOWN_FIELD');
  });

  it.each(['__proto__', 'constructor', 'toString'])('with %s as a name', (name) => {
    const types = JSON.parse(`{"Note":[{"name":"${name}","type":"bool"}]}`);
    const message = JSON.parse(`{"${name}":true}`);
    expect(refusal({ ...MAIL, types, primaryType: 'Note', message }).code).toBe('INVALID_PARAMETER');
    const named = JSON.parse(`{"${name}":[{"name":"it","type":"bool"}]}`);
    expect(refusal({ ...MAIL, types: named, primaryType: name, message: { it: true } }).code).toBe('INVALID_PARAMETER');
  });

  it('without a value of it in the error', () => {
    expect(JSON.stringify(refusal(one('bytes4', '0x5ec2e7')).message)).not.toContain('5ec2e7');
  });
});
