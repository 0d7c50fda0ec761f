import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { createKeyInventory } from '#shared/custody/kms/key-inventory.ts';
import { createKmsKeyMaker } from '#shared/custody/kms/kms-key-maker.ts';
import { findOrphans, giveUpOrphan, ORPHAN_AFTER_MS } from '#shared/custody/kms/orphan-keys.ts';
import { newId } from '#shared/platform/ids.ts';
import { inProcess } from '#test/support/in-process.ts';
import { localHaven } from '#test/support/local-haven.ts';

it('a key whose maker died before it could note it is found among all keys by its description, and given up; those of wallets are not', async () => {
  const haven = localHaven();
  const { client, kms, tables, context } = await inProcess(haven);
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }],
  });
  const wallet = await haven.client.createWallet({ body: { purpose: 'user', custody: 'kms' } });
  const walletId = newId('wal');
  const arn = await createKmsKeyMaker({ stage: 'local', policy }, kms).create(walletId);
  const deps = {
    client,
    tables,
    inventory: createKeyInventory(kms),
    stage: 'local',
    clock: () => Date.now() + ORPHAN_AFTER_MS,
  };
  const found = await findOrphans(deps);
  const orphan = found.find((key) => key.walletId === walletId);
  if (orphan === undefined) throw new Error('Not found');
  expect(orphan).toMatchObject({ arn, claim: undefined });
  expect(found.map((key) => key.walletId)).not.toContain(wallet.id);
  expect(await giveUpOrphan(deps, orphan, context().deadline)).toBeUndefined();
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: arn }));
  expect(KeyMetadata?.KeyState).toBe('PendingDeletion');
  expect((await findOrphans(deps)).map((key) => key.walletId)).not.toContain(walletId);
});
