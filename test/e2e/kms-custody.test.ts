import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { parseEther, verifyMessage } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fund } from '#local/seed.ts';
import { kmsKeyDescription } from '#shared/custody/kms/key-description.ts';
import { inProcess } from '#test/support/in-process.ts';
import { awsOptions, ended, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const RECIPIENT = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const keyRow = z.object({ kms_key_arn: z.string() });
const policySchema = z.object({ Statement: z.array(z.object({ Sid: z.string() })) });

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

async function newWallet() {
  const wallet = await haven.client.createWallet({ body: { purpose: 'treasury', custody: 'kms' } });
  await fund(haven.info.rpcUrl, wallet.address, '10');
  return wallet;
}

const pay = (walletId: string) =>
  haven.client.createTransaction({
    body: { wallet_id: walletId, chain_id: haven.info.chainId, to: RECIPIENT, value: '1' },
  });

/** Side by side: each has a wallet of its own, and waits for blocks or for a lane that is looked at again. */
describe.concurrent('a wallet whose key never leaves KMS', () => {
  it('is minted to, transfers, and follows both to confirmation', async () => {
    const wallet = await newWallet();
    expect(wallet).toMatchObject({ custody: 'kms', status: 'active' });
    const minted = await haven.client.mintTokens({ body: { to: wallet.address, amount: parseEther('10').toString() } });
    expect(await ended(haven, minted.id)).toMatchObject({ status: 'confirmed' });
    const body = { wallet_id: wallet.id, to: RECIPIENT, amount: parseEther('4').toString() };
    const transfer = await haven.client.transferTokens({ body });
    expect(await ended(haven, transfer.id)).toMatchObject({ status: 'confirmed', from: wallet.address, nonce: 0 });
  });

  it('sends many at once, by the same driver', async () => {
    const wallet = await newWallet();
    const sent = await Promise.all(Array.from({ length: 12 }, () => pay(wallet.id)));
    const all = await Promise.all(sent.map(({ id }) => ended(haven, id)));
    expect(all.map(({ status }) => status)).toEqual(sent.map(() => 'confirmed'));
    expect(all.map(({ nonce }) => nonce).sort((a, b) => Number(a) - Number(b))).toEqual(sent.map((_, index) => index));
    const verification = await haven.client.verifyAudit({ body: { wallet_id: wallet.id } });
    expect(verification).toMatchObject({ verified: true, first_break: null });
  });

  it('signs nothing while it is paused, what was queued before included, and goes on when it is resumed', async () => {
    const wallet = await haven.client.createWallet({ body: { purpose: 'treasury', custody: 'kms' } });
    const { id } = await pay(wallet.id);
    const waitsFor = (what: string) =>
      eventually(
        `waiting for ${what}`,
        async () => {
          const { waiting_for, status } = await haven.client.getTransaction({ params: { id } });
          return waiting_for === what && status === 'queued' ? true : undefined;
        },
        30_000,
      );
    await waitsFor('funds');
    await haven.client.pauseWallet({ params: { id: wallet.id }, body: { reason: 'test' } });
    await fund(haven.info.rpcUrl, wallet.address, '10');
    await waitsFor('custody');
    await haven.client.resumeWallet({ params: { id: wallet.id }, body: { reason: 'test' } });
    expect(await ended(haven, id)).toMatchObject({ status: 'confirmed', nonce: 0 });
  });

  it('signs messages where its policy allows it; a repeat has another signature that is as good', async () => {
    const wallet = await newWallet();
    await haven.client.putPolicy({ params: { id: wallet.id }, body: { message_signing: true } });
    const call = {
      params: { id: wallet.id },
      body: { message: 'hello' },
      idempotencyKey: `sign-${wallet.id}`,
    };
    const [first, again] = [await haven.client.signMessage(call), await haven.client.signMessage(call)];
    for (const { signature } of [first, again]) expect(verifyMessage('hello', signature ?? '')).toBe(wallet.address);
    expect(again.digest).toBe(first.digest);
  });

  it('has a key in KMS that names stage and wallet, under the policy of the deployment', async () => {
    const wallet = await newWallet();
    const { client, tables } = await inProcess(haven);
    const { Item } = await client.send(new GetCommand({ TableName: tables.keys, Key: { pk: wallet.id } }));
    const kms = new KMSClient(awsOptions(haven.info));
    const KeyId = keyRow.parse(Item).kms_key_arn;
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata?.Description).toBe(kmsKeyDescription('local', wallet.id));
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
    const sids = policySchema.parse(JSON.parse(Policy ?? '')).Statement.map(({ Sid }) => Sid);
    expect(sids).toEqual([
      'AdministrationWithoutUse',
      'LaneWorkerSigns',
      'MessageSignerSigns',
      'SignersLearnWallet',
      'MakersLearnAddress',
    ]);
  });
});
