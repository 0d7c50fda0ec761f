import { Transaction, verifyMessage, verifyTypedData } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import type { policyBodySchema } from '#shared/custody/policy/policy-request.ts';
import { domainOf, MAIL, PERMIT } from '#test/support/fakes/typed-data.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import { clientWith, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const TEXT = 'Haven signs this, and nothing else';

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

/** A new wallet with a policy of its own. */
async function walletWith(policy: z.input<typeof policyBodySchema>) {
  const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
  await haven.client.putPolicy({ params: { id: wallet.id }, body: policy });
  return wallet;
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('signing messages on the deployed stack', () => {
  it('is off for a wallet that nobody turned it on for, and the refusal is on its stream', async () => {
    const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
    const asked = haven.client.signMessage({ params: { id: wallet.id }, body: { message: TEXT } });
    expect(await refusal(asked)).toMatchObject({ code: 'POLICY_VIOLATION' });
    const stored = await stageAudit(await inProcess(haven)).stored(wallet.id);
    expect(stored).toMatchObject([{ action: 'wallet.created' }, { action: 'key.denied', severity: 'WARNING' }]);
    expect(await haven.client.verifyAudit({ body: { wallet_id: wallet.id } })).toMatchObject({ verified: true });
  });

  it('needs its own scope, and who lacks it is on record', async () => {
    const { id, key } = await haven.client.createApiKey({
      body: { name: 'writer', scopes: ['transactions:write', 'custody:write'] },
    });
    const wallet = await walletWith({ message_signing: true });
    const writer = clientWith(haven.info, key ?? '');
    const asked = writer.signMessage({ params: { id: wallet.id }, body: { message: TEXT } });
    expect(await refusal(asked)).toMatchObject({ code: 'FORBIDDEN' });
    expect(await stageAudit(await inProcess(haven)).entries(`access:${id}`)).toMatchObject([
      { action: 'access.refused', reason: 'FORBIDDEN', detail: { operation: 'signMessage', subject: wallet.id } },
    ]);
    expect(await haven.client.verifyAudit({ body: { principal_id: id } })).toMatchObject({ verified: true });
    expect(await haven.client.verifyAudit({ body: { api_key_id: id } })).toMatchObject({ verified: true, entries: 1 });
  });

  it('gives what ethers verifies, the same for the same key, and records every use', async () => {
    const wallet = await walletWith({ message_signing: true });
    const request = { params: { id: wallet.id }, body: { message: TEXT }, idempotencyKey: `sign-${wallet.id}` };
    const [first, again] = [await haven.client.signMessage(request), await haven.client.signMessage(request)];
    expect(verifyMessage(TEXT, first.signature ?? '')).toBe(wallet.address);
    expect(again).toEqual(first);
    const verification = await haven.client.verifyAudit({ body: { wallet_id: wallet.id } });
    expect(verification).toMatchObject({ verified: true, entries: 3 });
  });

  it('stops at once when the policy turns it off', async () => {
    const wallet = await walletWith({ message_signing: true });
    const params = { id: wallet.id };
    expect((await haven.client.signMessage({ params, body: { message: TEXT } })).signature).not.toBeNull();
    await haven.client.putPolicy({ params, body: { message_signing: false } });
    const asked = haven.client.signMessage({ params, body: { message: TEXT } });
    expect(await refusal(asked)).toMatchObject({ code: 'POLICY_VIOLATION' });
  });

  it('signs no transaction, whatever it is called', async () => {
    const wallet = await walletWith({ message_signing: true });
    const message = Transaction.from({
      type: 2,
      chainId: haven.info.chainId,
      to: wallet.address,
      value: 10n ** 18n,
    }).unsignedSerialized;
    for (const encoding of ['hex', 'utf8'] as const) {
      const asked = haven.client.signMessage({ params: { id: wallet.id }, body: { message, encoding } });
      expect(await refusal(asked)).toMatchObject({ code: 'POLICY_VIOLATION' });
    }
  });

  it('signs typed data, but no permit unless the policy lists it', async () => {
    const wallet = await walletWith({ message_signing: true });
    const params = { id: wallet.id };
    const mail = await haven.client.signTypedData({ params, body: { typed_data: MAIL } });
    expect(verifyTypedData(domainOf(MAIL), { ...MAIL.types }, MAIL.message, mail.signature ?? '')).toBe(wallet.address);
    const asked = haven.client.signTypedData({ params, body: { typed_data: PERMIT } });
    expect(await refusal(asked)).toMatchObject({ code: 'POLICY_VIOLATION' });
    const { chainId: chain_id, verifyingContract: verifying_contract = '' } = PERMIT.domain;
    const listing = await walletWith({
      message_signing: true,
      typed_data_allowed: [{ chain_id, verifying_contract, primary_type: 'Permit' }],
    });
    const permit = await haven.client.signTypedData({ params: { id: listing.id }, body: { typed_data: PERMIT } });
    expect(verifyTypedData(domainOf(PERMIT), { ...PERMIT.types }, PERMIT.message, permit.signature ?? '')).toBe(
      listing.address,
    );
  });
});
