import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { sendRaw } from '#test/support/raw-request.ts';

const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

/** Posts as any client would, and shows what came back. */
async function post(path: string, body: unknown, headers: Record<string, string>) {
  const answer = await sendRaw(haven.info, { method: 'POST', path, body, headers });
  return { ...answer, replayed: answer.headers.get('Idempotent-Replayed') };
}

describe('an Idempotency-Key', () => {
  it('sent 20 times at once makes one transaction, and every answer names it', async () => {
    const wallet = await fundedWallet(haven);
    const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: TO, value: '1' };
    const headers = { 'Idempotency-Key': randomUUID() };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/transactions', body, headers)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 202));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => replayed === 'true')).toHaveLength(19);
    const { data } = await haven.client.listTransactions({ query: { wallet_id: wallet.id } });
    expect(data).toHaveLength(1);
  });

  it('sent 20 times at once makes one wallet', async () => {
    const label = `once-${randomUUID()}`;
    const headers = { 'Idempotency-Key': label };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        post('/admin/wallets', { purpose: 'deposit', label, tags: { once: 'yes' } }, headers),
      ),
    );
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.body.id}`)).size).toBe(1);
    const { data } = await haven.client.listWallets({ query: { tag: 'once:yes', limit: 100 } });
    expect(data.filter((wallet) => wallet.label === label)).toHaveLength(1);
  });

  it('with another body is refused with 422, and the first answer stands', async () => {
    const wallet = await fundedWallet(haven);
    const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: TO, value: '1' };
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await post('/transactions', body, headers);
    const other = await post('/transactions', { ...body, value: '2' }, headers);
    expect(other).toMatchObject({ status: 422, body: { error: 'IDEMPOTENCY_MISMATCH' } });
    expect(other.field).toBe('header.Idempotency-Key');
    const again = await post('/transactions', body, headers);
    expect(again).toMatchObject({ status: first.status, body: first.body, replayed: 'true' });
  });

  it('missing is refused with 400 and named', async () => {
    const answer = await post('/admin/wallets', { purpose: 'user' }, {});
    expect(answer).toMatchObject({ status: 400, body: { error: 'MISSING_IDEMPOTENCY_KEY' } });
    expect(answer.field).toBe('header.Idempotency-Key');
  });

  it('is good for one route: the same key on another is another request', async () => {
    const wallet = await fundedWallet(haven);
    const headers = { 'Idempotency-Key': randomUUID() };
    const created = await post('/admin/wallets', { purpose: 'user' }, headers);
    const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: TO, value: '1' };
    const sent = await post('/transactions', body, headers);
    expect([created.status, sent.status]).toEqual([201, 202]);
  });

  it('answers a reference that was used by another request with 409', async () => {
    const wallet = await fundedWallet(haven);
    const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: TO, value: '1', reference: randomUUID() };
    const first = await post('/transactions', body, { 'Idempotency-Key': randomUUID() });
    const second = await post('/transactions', body, { 'Idempotency-Key': randomUUID() });
    expect(first.status).toBe(202);
    expect(second).toMatchObject({
      status: 409,
      body: { error: 'DUPLICATE_REFERENCE', details: { transaction_id: first.body.id } },
    });
  });
});
