import { concat, encodeRlp, getBytes, hexlify, Transaction, toUtf8Bytes } from 'ethers';
import { describe, expect, it } from 'vitest';
import { messageRefusal } from '#shared/custody/messages/message-rules.ts';
import { TEST_RECIPIENT } from '#test/support/fakes/ledger-transactions.ts';

const hash = `0x${'11'.repeat(32)}`;
const common = { to: TEST_RECIPIENT, value: 10n ** 18n, nonce: 1, gasLimit: 21_000n, chainId: 1n };
const TRANSACTIONS: readonly (readonly [string, string])[] = [
  ['legacy with EIP-155', Transaction.from({ ...common, type: 0, gasPrice: 1n }).unsignedSerialized],
  ['legacy without EIP-155', Transaction.from({ ...common, chainId: 0n, type: 0, gasPrice: 1n }).unsignedSerialized],
  ['EIP-2930', Transaction.from({ ...common, type: 1, gasPrice: 1n }).unsignedSerialized],
  ['EIP-1559', Transaction.from({ ...common, type: 2, maxFeePerGas: 1n }).unsignedSerialized],
  [
    'EIP-4844',
    Transaction.from({ ...common, type: 3, maxFeePerBlobGas: 1n, blobVersionedHashes: [`0x01${'22'.repeat(31)}`] })
      .unsignedSerialized,
  ],
  [
    'EIP-4844 as it travels',
    concat(['0x03', encodeRlp([Array.from({ length: 14 }, () => '0x01'), ['0x02'], ['0x03'], ['0x04']])]),
  ],
  ['EIP-7702 authorization', concat(['0x05', encodeRlp(['0x01', TEST_RECIPIENT, '0x'])])],
  ['a type that is not known yet', concat(['0x7e', encodeRlp(Array.from({ length: 8 }, () => '0x01'))])],
];

const said = (text: string) => messageRefusal(toUtf8Bytes(text));

describe('a message is never signed', () => {
  it.each(TRANSACTIONS)('that is a transaction: %s', (_name, bytes) => {
    expect(messageRefusal(getBytes(bytes))).toBe('transaction');
  });

  it.each(TRANSACTIONS)('that spells a transaction in hex: %s', (_name, bytes) => {
    for (const text of [bytes, bytes.slice(2), bytes.toUpperCase().replace('0X', '0x'), ` ${bytes}\n`]) {
      expect(said(text)).toBe('transaction');
    }
  });

  it('that is a hash, or spells one', () => {
    expect(messageRefusal(getBytes(hash))).toBe('hash');
    expect(said(hash)).toBe('hash');
    expect(said(hash.slice(2))).toBe('hash');
    expect(said('a text of thirty-two bytes, too.')).toBe('hash');
  });

  it.each(['0x1901', '0x19457468657265756d', `0x1901${'00'.repeat(64)}`])(
    'that is a payload to be signed: %s',
    (bytes) => {
      expect(messageRefusal(getBytes(bytes))).toBe('signing_payload');
      expect(said(bytes)).toBe('signing_payload');
    },
  );
});

describe('a message may be signed', () => {
  it.each([
    ['nothing', ''],
    ['a text', 'Hello, Haven!'],
    ['a sign-in', 'haven.example wants you to sign in with your Ethereum account:\n0x2c75\n\nNonce: 32891756'],
    ['an address', TEST_RECIPIENT],
    ['JSON', '{"a":[1,2,3]}'],
    ['another script', 'Прывітанне, 世界'],
    ['an odd number of hex digits', '0xabc'],
  ])('that is %s', (_name, text) => {
    expect(said(text)).toBeUndefined();
  });

  it.each([
    ['a list that is too short to be a transaction', encodeRlp(['0x01', '0x02', '0x03'])],
    ['a transaction cut short', hexlify(getBytes(TRANSACTIONS[3]?.[1] ?? '0x').slice(0, -1))],
    ['a transaction with something behind it', concat([TRANSACTIONS[3]?.[1] ?? '0x', '0x00'])],
    ['a length beyond the end', '0xff7fffffffffffffff'],
    ['a list header alone', '0xf8'],
  ])('of bytes that are %s', (_name, bytes) => {
    expect(messageRefusal(getBytes(bytes))).toBeUndefined();
  });

  it('however deep lists are nested in it', () => {
    expect(messageRefusal(new Uint8Array(8_192).fill(0xc1))).toBeUndefined();
  });
});
