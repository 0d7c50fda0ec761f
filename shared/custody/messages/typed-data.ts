import { TypedDataEncoder } from 'ethers/hash';
import { getBytes } from 'ethers/utils';
import * as z from 'zod';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { TypedData, TypedDataTypes } from './typed-data-field.ts';
import { checkTypes } from './typed-data-types.ts';
import { checkValue } from './typed-data-values.ts';

/** Typed data that can be signed: what EIP-712 makes of it. */
export interface CheckedTypedData {
  /** 32 bytes: what is signed. */
  readonly digest: Uint8Array;
  readonly primaryType: string;
  readonly chainId: number;
  readonly verifyingContract: string | undefined;
  readonly domainName: string | undefined;
  /** Without EIP712Domain. */
  readonly types: TypedDataTypes;
}

/**
 * Checks that typed data is exactly what EIP-712 says, and computes what is signed. Stricter than a library has to be:
 * nothing may be shown that is not signed, or be signed otherwise than it is shown (fields that no struct has, structs
 * that nothing refers to, `"false"` for a bool, ICAP for an address).
 *
 * @param field where a client wrote it, for errors: `body.typed_data`
 * @throws INVALID_PARAMETER naming what is wrong
 */
export function checkTypedData(
  { types: all, primaryType, domain, message }: TypedData,
  field: string,
): CheckedTypedData {
  if (domain.name === undefined && domain.verifyingContract === undefined) {
    throw fieldError('INVALID_PARAMETER', `${field}.domain`, 'must say by name or verifyingContract whom it is for');
  }
  const types = checkTypes(all, primaryType, domain, field);
  checkValue({ kind: 'struct', name: primaryType }, message, types, `${field}.message`);
  try {
    // EIP-712 lists domain fields in this order, and only those that are there.
    const { name, version, chainId, verifyingContract, salt } = domain;
    const present = Object.fromEntries(
      Object.entries({ name, version, chainId, verifyingContract, salt }).filter(([, value]) => value !== undefined),
    );
    const mutable = Object.fromEntries(Object.entries(types).map(([type, fields]) => [type, [...fields]]));
    if (TypedDataEncoder.from(mutable).primaryType !== primaryType) throw new Error('is not the primary type');
    const digest = getBytes(TypedDataEncoder.hash(present, mutable, message));
    return { digest, primaryType, chainId, verifyingContract, domainName: name, types };
  } catch (cause) {
    throw Object.assign(fieldError('INVALID_PARAMETER', field, `is no proper EIP-712 typed data (${textOf(cause)})`), {
      cause,
    });
  }
}

/** The library's own words, without the values that it quotes. */
function textOf(error: unknown): string {
  const text = z.object({ shortMessage: z.string() }).safeParse(error).data?.shortMessage;
  return (text ?? (error instanceof Error ? error.message : 'unknown')).replace(/".*"/g, '…').slice(0, 100);
}
