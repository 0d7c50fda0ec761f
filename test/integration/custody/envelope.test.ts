import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { addressOf, generatePrivateKey } from '#shared/custody/private-key.ts';
import { createEnvelopeSigner, type Signer } from '#shared/custody/signer.ts';
import type { WalletIdentity } from '#shared/custody/wallet.ts';
import { type InProcess, inProcess, stageEncryptor } from '#test/support/in-process.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const DIGEST = new Uint8Array(32).fill(7);
const keyRow = z.object({ ciphertext: z.instanceof(Uint8Array) });

let haven: LocalHaven;
let parts: InProcess;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
});

/** A signer that remembers no ciphertext, so that each test sees the table as it is. */
function signer(): Signer {
  const decryptor = createKmsKeyDecryptor(parts.walletKeyArn, decryptClient(parts.kms));
  return createEnvelopeSigner(createKeyReader(parts.client, parts.tables.keys), decryptor);
}

async function newWallet(): Promise<WalletIdentity> {
  const { id, address, purpose, custody } = await haven.client.createWallet({ body: { purpose: 'user' } });
  return { id, address, purpose, custody };
}

async function ciphertextOf(walletId: string): Promise<Uint8Array> {
  const { Item } = await parts.client.send(new GetCommand({ TableName: parts.tables.keys, Key: { pk: walletId } }));
  return keyRow.parse(Item).ciphertext;
}

async function overwrite(walletId: string, ciphertext: Uint8Array): Promise<void> {
  await parts.client.send(
    new UpdateCommand({
      TableName: parts.tables.keys,
      Key: { pk: walletId },
      UpdateExpression: 'SET ciphertext = :c',
      ExpressionAttributeValues: { ':c': ciphertext },
    }),
  );
}

describe('keys that the deployed provisioner encrypted under KMS', () => {
  it('sign for their own wallet', async () => {
    const wallet = await newWallet();
    const [signature] = await signer().sign(wallet, [DIGEST]);
    expect(signature?.r).toMatch(/^0x[0-9a-f]{64}$/);
  });

  it("fail to decrypt when a ciphertext is moved to another wallet's row", async () => {
    const [victim, thief] = [await newWallet(), await newWallet()];
    const [own, stolen] = [await ciphertextOf(thief.id), await ciphertextOf(victim.id)];
    await overwrite(thief.id, stolen);
    await expect(signer().sign(thief, [DIGEST])).rejects.toMatchObject({ code: 'KEY_DECRYPTION_FAILED' });
    await overwrite(thief.id, own);
    await expect(signer().sign(thief, [DIGEST])).resolves.toHaveLength(1);
  });

  it('fail to decrypt when any one byte of the ciphertext is changed', async () => {
    const wallet = await newWallet();
    const intact = await ciphertextOf(wallet.id);
    // Header, encryption context, encrypted data key, body and tag: one byte of each region, at a fixed stride.
    for (let at = 0; at < intact.length; at += 37) {
      const altered = Uint8Array.from(intact, (byte, index) => (index === at ? byte ^ 1 : byte));
      await overwrite(wallet.id, altered);
      await expect(signer().sign(wallet, [DIGEST]), `byte ${at}`).rejects.toMatchObject({
        code: 'KEY_DECRYPTION_FAILED',
      });
    }
  });

  it('fail to decrypt for a purpose that they were not encrypted for', async () => {
    const wallet = await newWallet();
    await expect(signer().sign({ ...wallet, purpose: 'treasury' }, [DIGEST])).rejects.toMatchObject({
      code: 'KEY_DECRYPTION_FAILED',
    });
  });

  it('are no use where the key is not that of the address, though the context says so', async () => {
    const wallet = await newWallet();
    const other = generatePrivateKey();
    const context = { wallet_id: wallet.id, address: wallet.address, purpose: wallet.purpose };
    expect(addressOf(other)).not.toBe(wallet.address);
    await overwrite(wallet.id, await stageEncryptor(parts).encrypt(other, context));
    await expect(signer().sign(wallet, [DIGEST])).rejects.toMatchObject({ code: 'KEY_DECRYPTION_FAILED' });
  });

  it('cannot be overwritten by the provisioner: its write is conditional on the row being absent', async () => {
    const wallet = await newWallet();
    const { WriteTransaction } = await import('#shared/platform/dynamo/write-transaction.ts');
    const { putKey } = await import('#shared/custody/key-store.ts');
    const write = new WriteTransaction();
    const context = { wallet_id: wallet.id, address: wallet.address, purpose: wallet.purpose };
    putKey(write, parts.tables.keys, context, new Uint8Array([1]), '2026-11-21T00:00:00.000Z');
    await expect(write.commit(parts.client, parts.context().deadline)).rejects.toMatchObject({
      code: 'WALLET_ALREADY_EXISTS',
    });
  });
});
