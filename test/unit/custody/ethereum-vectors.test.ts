import { secp256k1 } from '@noble/curves/secp256k1';
import { getBytes, Signature, Transaction, TypedDataEncoder } from 'ethers';
import { describe, expect, it } from 'vitest';
import { addressOfPublicKey, CURVE_ORDER, type EcdsaSignature } from '#shared/custody/curve.ts';
import { parseDerSignature } from '#shared/custody/kms/der-signature.ts';
import { parsePublicKey } from '#shared/custody/kms/public-key.ts';
import { recoverSignature } from '#shared/custody/kms/recover-signature.ts';
import { addressOf, signDigest } from '#shared/custody/private-key.ts';
import { spkiOf } from '#test/support/fakes/fake-signing-kms.ts';
import { ethersTestcases, keyBytes } from '#test/support/vectors/ethers-testcases.ts';

const { accounts, legacy_transactions, eip1559_transactions, typed_data } = ethersTestcases;

/** How each tier comes to an address and a signature, without KMS. */
const TIERS = [
  {
    tier: 'envelope',
    address: addressOf,
    sign: (key: Uint8Array, digest: Uint8Array, _wanted: EcdsaSignature) => signDigest(key, digest),
  },
  {
    tier: 'kms',
    address(key: Uint8Array) {
      return addressOfPublicKey(parsePublicKey(spkiOf(secp256k1.getPublicKey(key, false))) ?? new Uint8Array());
    },
    /** What KMS could have answered for the wanted signature: with the other s, so that it must be turned over. */
    sign(key: Uint8Array, digest: Uint8Array, { r, s }: EcdsaSignature) {
      const der = new secp256k1.Signature(BigInt(r), CURVE_ORDER - BigInt(s)).toDERRawBytes();
      const numbers = parseDerSignature(der);
      return numbers && recoverSignature(digest, numbers, addressOf(key));
    },
  },
];

const transactions = [
  ...legacy_transactions.flatMap(({ name, private_key, unsigned, signed, unsigned_chain_5, signed_chain_5 }) => [
    { name: `${name}, no chain id`, private_key, unsigned, signed },
    { name: `${name}, EIP-155`, private_key, unsigned: unsigned_chain_5, signed: signed_chain_5 },
  ]),
  ...eip1559_transactions,
];

describe.each(TIERS)("ethers' test cases in the tier $tier", ({ address, sign }) => {
  it.each(accounts)('the address of $name', ({ private_key, address: wanted }) => {
    expect(address(keyBytes(private_key))).toBe(wanted);
  });

  it.each(transactions)('the signature of $name', ({ private_key, unsigned, signed }) => {
    const transaction = Transaction.from(unsigned);
    const { signature: wanted } = Transaction.from(signed);
    if (wanted === null) throw new Error('A vector without a signature');
    const signature = sign(keyBytes(private_key), getBytes(transaction.unsignedHash), wanted);
    transaction.signature = signature ?? null;
    expect(transaction.serialized).toBe(signed);
  });

  it.each(typed_data)(
    'the signature of typed data: $name',
    ({ private_key, domain, types, data, digest, signature }) => {
      expect(TypedDataEncoder.hash(domain, types, data)).toBe(digest);
      const made = sign(keyBytes(private_key), getBytes(digest), Signature.from(signature));
      expect(Signature.from(made).serialized).toBe(signature);
    },
  );
});
