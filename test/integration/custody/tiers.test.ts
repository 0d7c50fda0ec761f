import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, GetPublicKeyCommand } from '@aws-sdk/client-kms';
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { computeAddress, getBytes, hashMessage, recoverAddress, Transaction, TypedDataEncoder } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { createKmsKeyReader } from '#shared/custody/kms/kms-key-store.ts';
import { createKmsSigner } from '#shared/custody/kms/kms-signer.ts';
import { signingClient } from '#shared/custody/kms/kms-signing-client.ts';
import { dataKeyClient, decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { createEnvelopeSigner, createTierSigner, type Signer } from '#shared/custody/signer.ts';
import type { WalletIdentity } from '#shared/custody/wallet.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const digest = (fill: number) => new Uint8Array(32).fill(fill);
const envelopeRowSchema = z.object({ ciphertext: z.instanceof(Uint8Array) });
const kmsRowSchema = z.object({ kms_key_arn: z.string() });

let haven: LocalHaven;
let parts: InProcess;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
});

/**
 * A signer that remembers nothing, so that each test sees the table and KMS as they are.
 *
 * @param walletKeyArn of the KMS key that envelope keys are under
 */
function signer(walletKeyArn = parts.walletKeyArn): Signer {
  const { client, kms, tables } = parts;
  return createTierSigner({
    envelope: createEnvelopeSigner(
      createKeyReader(client, tables.keys),
      createKmsKeyDecryptor(walletKeyArn, decryptClient(kms)),
    ),
    kms: createKmsSigner(createKmsKeyReader(client, tables.keys), signingClient(kms), { stage: 'local' }),
  });
}

/** A wallet of the deployed provisioner. */
async function newWallet(tier: WalletIdentity['custody']): Promise<WalletIdentity> {
  const { id, address, purpose, custody } = await haven.client.createWallet({
    body: { purpose: 'user', custody: tier },
  });
  expect(custody).toBe(tier);
  return { id, address, purpose, custody };
}

async function rowOf(walletId: string): Promise<Record<string, unknown>> {
  const { Item } = await parts.client.send(new GetCommand({ TableName: parts.tables.keys, Key: { pk: walletId } }));
  if (Item === undefined) throw new Error(`${walletId} has no key row`);
  return Item;
}

/** Moves an envelope key to a KMS key of its own: other files use the one that all wallets of the stage share. */
async function moveToOwnKey({ id, address, purpose }: WalletIdentity): Promise<string> {
  const { KeyMetadata } = await parts.kms.send(new CreateKeyCommand({}));
  const arn = KeyMetadata?.Arn ?? '';
  const row = await rowOf(id);
  const context = { wallet_id: id, address, purpose };
  const decryptor = createKmsKeyDecryptor(parts.walletKeyArn, decryptClient(parts.kms));
  const key = await decryptor.decrypt(envelopeRowSchema.parse(row).ciphertext, context);
  const ciphertext = await createKmsKeyEncryptor(arn, dataKeyClient(parts.kms)).encrypt(key, context);
  await putRow({ ...row, ciphertext });
  return arn;
}

function putRow(row: Record<string, unknown>) {
  return parts.client.send(new PutCommand({ TableName: parts.tables.keys, Item: row }));
}

async function signOne(wallet: WalletIdentity, bytes: Uint8Array) {
  const [signature] = await signer().sign(wallet, [bytes]);
  if (signature === undefined) throw new Error('No signature');
  return signature;
}

const refusal = { code: 'KEY_DECRYPTION_FAILED' };

/** What every tier of custody must do alike, each with the deployed provisioner's keys and the KMS that made them. */
describe.each(['envelope', 'kms'] as const)('a wallet of the tier %s', (tier) => {
  it('has the address of its key: what it signs names it', async () => {
    const wallet = await newWallet(tier);
    expect(recoverAddress(digest(1), await signOne(wallet, digest(1)))).toBe(wallet.address);
  });

  it('signs any number of digests, in their order, always with a low s', async () => {
    const wallet = await newWallet(tier);
    const digests = Array.from({ length: 24 }, (_, index) => digest(index));
    const signatures = await signer().sign(wallet, digests);
    expect(signatures.map((signature, index) => recoverAddress(digests[index] ?? '0x', signature))).toEqual(
      digests.map(() => wallet.address),
    );
    expect(signatures.filter(({ s }) => BigInt(s) > HALF_ORDER)).toEqual([]);
    expect(await signer().sign(wallet, [])).toEqual([]);
  });

  it.each([
    ['EIP-155', { type: 0, gasPrice: 2_000_000_000n }],
    ['EIP-1559', { type: 2, maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1n }],
  ])('signs a transaction (%s) that others recover', async (_name, fees) => {
    const wallet = await newWallet(tier);
    const transaction = Transaction.from({
      ...fees,
      chainId: 31_337,
      nonce: 7,
      gasLimit: 21_000n,
      to: wallet.address,
      value: 5n,
    });
    transaction.signature = await signOne(wallet, getBytes(transaction.unsignedHash));
    expect(Transaction.from(transaction.serialized)).toMatchObject({
      from: wallet.address,
      nonce: 7,
      chainId: 31_337n,
    });
  });

  it('signs a message (EIP-191) and typed data (EIP-712) that others recover', async () => {
    const wallet = await newWallet(tier);
    const typed = TypedDataEncoder.hash(
      { chainId: 1 },
      { Note: [{ name: 'text', type: 'string' }] },
      { text: 'hello' },
    );
    for (const hash of [hashMessage('hello'), typed]) {
      expect(recoverAddress(hash, await signOne(wallet, getBytes(hash)))).toBe(wallet.address);
    }
  });

  it('refuses what is no digest', async () => {
    const wallet = await newWallet(tier);
    for (const length of [0, 31, 33]) {
      await expect(signer().sign(wallet, [new Uint8Array(length)])).rejects.toThrow(RangeError);
    }
  });

  it('signs for ten who ask at once', async () => {
    const wallet = await newWallet(tier);
    const shared = signer();
    const batches = Array.from({ length: 10 }, (_, batch) => [digest(2 * batch), digest(2 * batch + 1)]);
    const signed = await Promise.all(batches.map((batch) => shared.sign(wallet, batch)));
    const signers = signed.flatMap((signatures, batch) =>
      signatures.map((signature, index) => recoverAddress(batches[batch]?.[index] ?? '0x', signature)),
    );
    expect(signers).toEqual(Array.from({ length: 20 }, () => wallet.address));
  });

  it('is refused under the address of another', async () => {
    const [wallet, other] = [await newWallet(tier), await newWallet(tier)];
    await expect(signer().sign({ ...wallet, address: other.address }, [digest(1)])).rejects.toMatchObject(refusal);
  });

  it("is refused with the key row of another wallet in the place of its own, of either tier's", async () => {
    const wallet = await newWallet(tier);
    const own = await rowOf(wallet.id);
    for (const otherTier of ['envelope', 'kms'] as const) {
      await putRow({ ...(await rowOf((await newWallet(otherTier)).id)), pk: wallet.id });
      await expect(signer().sign(wallet, [digest(1)])).rejects.toMatchObject(refusal);
    }
    await putRow(own);
    await expect(signer().sign(wallet, [digest(1)])).resolves.toHaveLength(1);
  });

  it('is refused without its key row', async () => {
    const wallet = await newWallet(tier);
    await parts.client.send(new DeleteCommand({ TableName: parts.tables.keys, Key: { pk: wallet.id } }));
    await expect(signer().sign(wallet, [digest(1)])).rejects.toMatchObject(refusal);
  });

  it('is refused while its KMS key is disabled, and signs again afterwards', async () => {
    const wallet = await newWallet(tier);
    const isKms = tier === 'kms';
    const keyArn = isKms ? kmsRowSchema.parse(await rowOf(wallet.id)).kms_key_arn : await moveToOwnKey(wallet);
    const sign = () => signer(isKms ? parts.walletKeyArn : keyArn).sign(wallet, [digest(1)]);
    await expect(sign()).resolves.toHaveLength(1);
    await parts.kms.send(new DisableKeyCommand({ KeyId: keyArn }));
    await expect(sign()).rejects.toMatchObject(refusal);
    await parts.kms.send(new EnableKeyCommand({ KeyId: keyArn }));
    await expect(sign()).resolves.toHaveLength(1);
  });
});

describe('a wallet of the kms tier', () => {
  it('lends its key to no second wallet at its address, whatever the tables say', async () => {
    const wallet = await newWallet('kms');
    const row = await rowOf(wallet.id);
    const thief = await newWallet('kms');
    await putRow({ ...row, pk: thief.id });
    await expect(signer().sign({ ...thief, address: wallet.address }, [digest(1)])).rejects.toMatchObject(refusal);
    await expect(signer().sign(wallet, [digest(1)])).resolves.toHaveLength(1);
  });

  it('has the address of the public key that KMS shows, as others compute it', async () => {
    const wallet = await newWallet('kms');
    const { kms_key_arn } = kmsRowSchema.parse(await rowOf(wallet.id));
    const { PublicKey, KeySpec, KeyUsage } = await parts.kms.send(new GetPublicKeyCommand({ KeyId: kms_key_arn }));
    expect([KeySpec, KeyUsage]).toEqual(['ECC_SECG_P256K1', 'SIGN_VERIFY']);
    expect(
      computeAddress(
        `0x${Buffer.from(PublicKey ?? [])
          .subarray(-65)
          .toString('hex')}`,
      ),
    ).toBe(wallet.address);
  });

  it('has no ciphertext anywhere: its row names a key', async () => {
    const wallet = await newWallet('kms');
    expect(Object.keys(await rowOf(wallet.id)).sort()).toEqual([
      'address',
      'created_at',
      'kms_key_arn',
      'pk',
      'purpose',
    ]);
  });
});
