import { beforeAll, describe, expect, it } from 'vitest';
import { HavenApiError } from '#shared/client/errors.ts';
import { askChain, ended, fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

/** A transaction that can't be sent before its wallet gets money: it stays in the queue. */
async function waiting() {
  const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
  const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: RECIPIENT, value: '1' };
  const { id } = await haven.client.createTransaction({ body });
  return { wallet, id };
}

const codeOf = (error: unknown) => (error instanceof HavenApiError ? error.code : String(error));

/** Side by side: each has a wallet of its own, and waits for blocks. */
describe.concurrent('cancelling over HTTP', () => {
  it('ends what is queued at once; nothing of it is ever on the chain, and it cannot be done twice', async () => {
    const { wallet, id } = await waiting();
    const cancelled = await haven.client.cancelTransaction({ params: { id } });
    expect(cancelled).toMatchObject({ status: 'cancelled', nonce: null, cancellation: { outcome: 'won' } });
    const again = await haven.client.cancelTransaction({ params: { id } }).catch(codeOf);
    expect(again).toBe('INVALID_TRANSITION');
    const nonces = await haven.client.getNonces({ params: { id: wallet.id }, query: { chain_id: haven.info.chainId } });
    expect(nonces).toMatchObject({ chain_latest: 0, in_flight: 0, gaps: [] });
    const { verified } = await haven.client.verifyAudit({ body: { transaction_id: id } });
    expect(verified).toBe(true);
  });

  it('of what is on its way is a race, and the answer says which won', async () => {
    const wallet = await fundedWallet(haven);
    const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: RECIPIENT, value: '1' };
    const { id } = await haven.client.createTransaction({ body });
    const asked = await haven.client.cancelTransaction({ params: { id } }).catch(codeOf);
    const transaction = await ended(haven, id);
    if (asked === 'INVALID_TRANSITION') expect(transaction).toMatchObject({ status: 'confirmed', cancellation: null });
    else if (transaction.status === 'cancelled') expect(transaction.cancellation).toMatchObject({ outcome: 'won' });
    else expect(transaction).toMatchObject({ status: 'confirmed', cancellation: { outcome: 'lost' } });
    const next = await haven.client.createTransaction({ body });
    expect(await ended(haven, next.id)).toMatchObject({ status: 'confirmed' });
  });
});

describe.concurrent('more speed over HTTP', () => {
  it('is given to what waits in the queue, and refused to what has ended', async () => {
    const { id } = await waiting();
    expect(await haven.client.accelerateTransaction({ params: { id }, body: { speed: 'fastest' } })).toMatchObject({
      status: 'queued',
      speed: 'fastest',
    });
    await haven.client.cancelTransaction({ params: { id } });
    const late = await haven.client.accelerateTransaction({ params: { id }, body: {} }).catch(codeOf);
    expect(late).toBe('INVALID_TRANSITION');
  });
});

describe.concurrent('nonces over HTTP', () => {
  it('agree with the chain after transactions, and a reset to the same changes nothing', async () => {
    const wallet = await fundedWallet(haven);
    const chain_id = haven.info.chainId;
    const body = { wallet_id: wallet.id, chain_id, to: RECIPIENT, value: '1' };
    const sent = await Promise.all([1, 2, 3].map(() => haven.client.createTransaction({ body })));
    await Promise.all(sent.map(({ id }) => ended(haven, id)));
    const show = () => haven.client.getNonces({ params: { id: wallet.id }, query: { chain_id } });
    const agreed = { next: 3, chain_latest: 3, chain_pending: 3, gaps: [], in_flight: 0, foreign: [] };
    expect(await show()).toMatchObject(agreed);
    const reset = { chain_id, reason: 'to see that nothing happens' };
    expect(await haven.client.resetNonces({ params: { id: wallet.id }, body: reset })).toMatchObject(agreed);
    const lane = `${chain_id}#${wallet.address.toLowerCase()}`;
    expect(await haven.client.verifyAudit({ body: { lane } })).toMatchObject({ verified: true, entries: 1 });
    const wrong = await haven.client
      .resetNonces({ params: { id: wallet.id }, body: { ...reset, next: 1 } })
      .catch(codeOf);
    expect(wrong).toBe('INVALID_PARAMETER');
  });

  it('that others used while the lane slept are passed by', async () => {
    const wallet = await fundedWallet(haven);
    const chain_id = haven.info.chainId;
    // The key is Haven's, so the chain itself is asked to play the stranger.
    await askChain(haven.info.rpcUrl, 'anvil_setNonce', [wallet.address, '0x5']);
    const body = { wallet_id: wallet.id, chain_id, to: RECIPIENT, value: '1' };
    const { id } = await haven.client.createTransaction({ body });
    expect(await ended(haven, id)).toMatchObject({ status: 'confirmed', nonce: 5 });
  });
});
