import { parseEther } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import { fund } from '#local/seed.ts';
import { ended, fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

/** Side by side: each has a wallet of its own, and waits for blocks. */
describe.concurrent('a transaction that ended without its effect', () => {
  it('is carried out by its retry once the cause is mended, and both know of each other', async () => {
    const wallet = await fundedWallet(haven);
    const amount = parseEther('1').toString();
    const failed = await haven.client.transferTokens({ body: { wallet_id: wallet.id, to: TO, amount } });
    expect(await ended(haven, failed.id)).toMatchObject({ status: 'failed' });
    const minted = await haven.client.mintTokens({ body: { to: wallet.address, amount } });
    await ended(haven, minted.id);
    const params = { id: failed.id };
    const { outcome, transaction } = await haven.client.retryTransaction({ params, body: {} });
    expect(outcome).toBe('accepted');
    expect(await ended(haven, transaction.id)).toMatchObject({ status: 'confirmed', retry_of: failed.id });
    const original = await haven.client.getTransaction({ params });
    expect(original).toMatchObject({ status: 'failed', retried_by: transaction.id });
    expect(original.history.map(({ action }) => action)).toContain('transaction.retried');
    expect(await haven.client.verifyAudit({ body: { transaction_id: failed.id } })).toMatchObject({ verified: true });
    const again = await haven.client.retryTransaction({ params, body: {} }).catch((error: unknown) => error);
    expect(again).toMatchObject({ code: 'INVALID_TRANSITION' });
  });
});

describe.concurrent('the status of transactions', () => {
  it('shows an open one on its lane, and what the chain asks for gas', async () => {
    const { id: wallet_id, address } = await haven.client.createWallet({ body: { purpose: 'user' } });
    const { chainId: chain_id } = haven.info;
    const { id } = await haven.client.createTransaction({ body: { wallet_id, chain_id, to: TO, value: '1' } });
    const kicked = await haven.client.retryTransaction({ params: { id }, body: {} });
    expect(kicked).toMatchObject({ outcome: 'kicked', transaction: { id } });
    const status = await haven.client.transactionsStatus();
    expect(status.by_lane).toContainEqual(expect.objectContaining({ chain_id, address, queued: 1 }));
    expect(status.by_chain).toMatchObject([{ chain_id, gas_error: null, gas: { spike: expect.any(Boolean) } }]);
    expect(status.by_status.find((one) => one.status === 'queued')?.count).toBeGreaterThan(0);
    await fund(haven.info.rpcUrl, address, '1');
    await ended(haven, id);
  });
});
