import { concat, encodeRlp, getBytes, hexlify, Transaction, TypedDataEncoder } from 'ethers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { messageRefusal } from '#shared/custody/messages/message-rules.ts';
import { signingPolicySchema, typedDataDenial } from '#shared/custody/messages/signing-policy.ts';
import { checkTypedData } from '#shared/custody/messages/typed-data.ts';
import type { TypedData } from '#shared/custody/messages/typed-data-field.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { domainOf, MAIL, PERMIT } from '#test/support/fakes/typed-data.ts';

const SEED = { seed: 20_261_122, numRuns: 300 };
const ON = signingPolicySchema.parse({ message_signing: true, version: 1 });

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((data) => hexlify(data));
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((data) => hexlify(data));
const wei = fc.bigInt({ min: 0n, max: 2n ** 128n });

const transactions = fc
  .record({
    type: fc.constantFrom(0, 1, 2),
    to: fc.option(address, { nil: null }),
    value: wei,
    data: bytes(300),
    nonce: fc.nat(),
    gasLimit: wei,
    fee: wei,
    chainId: fc.integer({ min: 1, max: 2 ** 31 }),
  })
  .map(({ fee, ...rest }) =>
    Transaction.from({
      ...rest,
      ...(rest.type === 2 ? { maxFeePerGas: fee, maxPriorityFeePerGas: 0n } : { gasPrice: fee }),
    }),
  );

it('no transaction is signed as a message, as bytes or as hex, with a signature or without', () => {
  fc.assert(
    fc.property(transactions, (transaction) => {
      const unsigned = transaction.unsignedSerialized;
      transaction.signature = { r: `0x${'11'.repeat(32)}`, s: `0x${'22'.repeat(32)}`, yParity: 1 };
      for (const serialized of [unsigned, transaction.serialized]) {
        expect(messageRefusal(getBytes(serialized))).toBe('transaction');
        expect(messageRefusal(Buffer.from(serialized, 'utf8'))).toBe('transaction');
      }
    }),
    SEED,
  );
});

it('no envelope of six fields and more is signed, whatever its type and fields', () => {
  const fields = fc.array(fc.oneof(bytes(70), fc.array(bytes(40), { maxLength: 3 })), { minLength: 6, maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7f }), fields, (type, list) => {
      const payload = encodeRlp(list);
      for (const data of [payload, concat([Uint8Array.of(type), payload])]) {
        expect(messageRefusal(getBytes(data))).toBe('transaction');
      }
    }),
    SEED,
  );
});

it('any bytes get an answer, and 32 of them always a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (any, hash) => {
      expect([undefined, 'hash', 'transaction', 'signing_payload']).toContain(messageRefusal(any));
      expect(messageRefusal(hash)).toBeDefined();
    }),
    SEED,
  );
});

it('a text in words and sentences may be signed', () => {
  const words = fc.array(fc.stringMatching(/^[A-Za-z]{1,12}$/), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, (list) => {
      const text = `Dear Haven, ${list.join(' ')}!`;
      fc.pre(text.length !== 32);
      expect(messageRefusal(Buffer.from(text))).toBeUndefined();
    }),
    SEED,
  );
});

it('what is signed of typed data is what ethers makes of it, whatever is in it', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, address, (contents, name, wallet) => {
      const message = { from: { name, wallet }, to: { name, wallet }, contents };
      const { digest } = checkTypedData({ ...MAIL, message }, 'body');
      expect(hexlify(digest)).toBe(TypedDataEncoder.hash(domainOf(MAIL), { ...MAIL.types }, message));
    }),
    SEED,
  );
});

it('a permit is refused whatever the struct is called, in whatever order its fields are, and however deep it is', () => {
  const fields = PERMIT.types['Permit'] ?? [];
  const name = fc
    .stringMatching(/^[A-Z][A-Za-z0-9]{0,12}$/)
    .filter((one) => !(one in Object.prototype) && one !== 'Wrap');
  fc.assert(
    fc.property(
      name,
      fc.shuffledSubarray([...fields], { minLength: fields.length }),
      fc.boolean(),
      (struct, order, isDeep) => {
        const types = { [struct]: order, ...(isDeep ? { Wrap: [{ name: 'list', type: `${struct}[]` }] } : {}) };
        const message = isDeep ? { list: [PERMIT.message] } : PERMIT.message;
        const data: TypedData = { ...PERMIT, types, primaryType: isDeep ? 'Wrap' : struct, message };
        expect(typedDataDenial(ON, checkTypedData(data, 'body'), TEST_WALLET.address)).toContain('a right to spend');
      },
    ),
    SEED,
  );
});

it('typed data with anything added, taken away or of another kind is refused before it is signed', () => {
  const change = fc.oneof(
    fc.constant((message: Record<string, unknown>) => ({ ...message, hidden: 1 })),
    fc.constant(({ contents: _contents, ...rest }: Record<string, unknown>) => rest),
    fc
      .anything({ withBigInt: false })
      .filter((value) => typeof value !== 'string')
      .map((value) => (message: Record<string, unknown>) => ({ ...message, contents: value })),
    fc.anything().map((value) => (message: Record<string, unknown>) => ({ ...message, to: value })),
  );
  fc.assert(
    fc.property(change, (apply) => {
      const error = caught(HavenError, () => checkTypedData({ ...MAIL, message: apply(MAIL.message) }, 'body'));
      expect(error.code).toBe('INVALID_PARAMETER');
    }),
    SEED,
  );
});
