import { fieldError } from '#shared/platform/http/validation.ts';
import type { TypedData, TypedDataTypes } from './typed-data-field.ts';

/** What a type name stands for. */
export type TypeShape =
  | { readonly kind: 'atom'; readonly name: string }
  | { readonly kind: 'struct'; readonly name: string }
  | {
      readonly kind: 'array';
      readonly of: TypeShape;
      /** undefined: any. */
      readonly length: number | undefined;
    };

/** Names that Solidity takes. Others could make two different structs encode as the same text. */
const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
const ATOM =
  /^(?:address|bool|string|bytes(?:[1-9]|[12]\d|3[0-2])?|u?int(?:8|16|24|32|40|48|56|64|72|80|88|96|104|112|120|128|136|144|152|160|168|176|184|192|200|208|216|224|232|240|248|256))$/;
/** More than any published scheme has; bounds the work. */
const MAX_STRUCTS = 50;
const MAX_ARRAY_DEPTH = 4;

const DOMAIN = 'EIP712Domain';
/** In the order of EIP-712. */
const DOMAIN_TYPES = {
  name: 'string',
  version: 'string',
  chainId: 'uint256',
  verifyingContract: 'address',
  salt: 'bytes32',
} as const;

/**
 * Checks the structs of typed data: proper names, known types, no field twice, nothing that the primary type doesn't lead
 * to, and a domain struct, if there is one, that is that of the domain.
 *
 * @param field where a client wrote the typed data, for errors
 * @returns the structs without that of the domain
 * @throws INVALID_PARAMETER
 */
export function checkTypes(
  all: TypedDataTypes,
  primaryType: string,
  domain: TypedData['domain'],
  field: string,
): TypedDataTypes {
  const at = `${field}.types`;
  const { [DOMAIN]: domainStruct, ...types } = all;
  if (domainStruct !== undefined && !isDomainStruct(domainStruct, domain)) {
    throw fieldError(
      'INVALID_PARAMETER',
      `${at}.${DOMAIN}`,
      'must list the fields of the domain, in the order of EIP-712',
    );
  }
  if (Object.keys(types).length > MAX_STRUCTS) {
    throw fieldError('INVALID_PARAMETER', at, `must be at most ${MAX_STRUCTS} structs`);
  }
  if (!Object.hasOwn(types, primaryType)) {
    throw fieldError(
      'INVALID_PARAMETER',
      `${field}.primaryType`,
      'must be one of the types, and not that of the domain',
    );
  }
  for (const [name, fields] of Object.entries(types)) {
    if (!isName(name) || ATOM.test(name))
      throw fieldError('INVALID_PARAMETER', at, 'has a name that no struct can have');
    const names = fields.map((one) => one.name);
    if (!names.every(isName) || new Set(names).size !== names.length) {
      throw fieldError(
        'INVALID_PARAMETER',
        `${at}.${name}`,
        'has a field twice, or one with a name that no field can have',
      );
    }
    for (const { type } of fields) {
      if (shapeOf(type, types) === undefined)
        throw fieldError('INVALID_PARAMETER', `${at}.${name}`, 'has an unknown type');
    }
  }
  if (reachable(primaryType, types).size !== Object.keys(types).length) {
    throw fieldError('INVALID_PARAMETER', at, 'has structs that the primary type does not lead to');
  }
  return types;
}

/** What a type stands for; undefined when there is no such type. */
export function shapeOf(type: string, types: TypedDataTypes, depth = 0): TypeShape | undefined {
  const array = /^(.+)\[(\d{0,4})\]$/.exec(type);
  if (array !== null) {
    const [, inner = '', length = ''] = array;
    if (depth === MAX_ARRAY_DEPTH) return undefined;
    const of = shapeOf(inner, types, depth + 1);
    return of === undefined ? undefined : { kind: 'array', of, length: length === '' ? undefined : Number(length) };
  }
  if (ATOM.test(type)) return { kind: 'atom', name: type };
  return Object.hasOwn(types, type) ? { kind: 'struct', name: type } : undefined;
}

/** Names of Object.prototype are no fields of anything, whatever JavaScript says. */
function isName(name: string): boolean {
  return IDENTIFIER.test(name) && !(name in Object.prototype);
}

function isDomainStruct(given: TypedDataTypes[string], domain: TypedData['domain']): boolean {
  const expected = Object.entries(DOMAIN_TYPES).filter(([name]) => Object.hasOwn(domain, name));
  return (
    given.length === expected.length &&
    expected.every(([name, type], index) => given[index]?.name === name && given[index]?.type === type)
  );
}

function reachable(from: string, types: TypedDataTypes): ReadonlySet<string> {
  const found = new Set([from]);
  // A set takes in what is added while it is walked.
  for (const name of found) {
    for (const { type } of types[name] ?? []) {
      const base = type.replace(/\[.*$/, '');
      if (Object.hasOwn(types, base)) found.add(base);
    }
  }
  return found;
}
