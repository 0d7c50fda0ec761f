import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { callAsScheduled, ended, fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

interface Query {
  readonly wallet_id?: string;
  readonly reference?: string;
  readonly status?: 'failed' | 'confirmed';
  readonly chain_id?: number;
  readonly limit?: number;
}

let haven: LocalHaven;
beforeAll(async () => {
  haven = localHaven();
  // What earlier files took is made anew now: else the schedule makes a wallet that is newer than the newest of this file.
  await callAsScheduled(haven, 'deposit-pool');
});

describe('lists', () => {
  it('page through all wallets of a tag, newest first, each once', async () => {
    const run = randomUUID().slice(0, 8);
    const made: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      const body = { purpose: 'deposit' as const, tags: { run } };
      made.push((await haven.client.createWallet({ body })).id);
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof haven.client.listWallets>> = await haven.client.listWallets({
        query: { tag: `run:${run}`, limit: 3, ...(cursor === null ? {} : { cursor }) },
      });
      expect(page.data.length).toBeLessThanOrEqual(3);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual([...made].reverse());
  });

  it('filter wallets by status, purpose and address, and refuse a cursor of another filter', async () => {
    const { id, address } = await haven.client.createWallet({ body: { purpose: 'deposit' } });
    const byAddress = await haven.client.listWallets({ query: { address: address.toLowerCase() } });
    expect(byAddress.data.map((wallet) => wallet.id)).toEqual([id]);
    const deposits = await haven.client.listWallets({ query: { purpose: 'deposit', status: 'active', limit: 1 } });
    expect(deposits.data).toMatchObject([{ id, purpose: 'deposit' }]);
    const retired = async (status: 'revoked' | 'rotated') =>
      (await haven.client.listWallets({ query: { status, limit: 100 } })).data.map((wallet) => wallet.id);
    expect(await retired('revoked')).not.toContain(id);
    await haven.client.revokeWallet({ params: { id }, body: { reason: 'tried by a test' } });
    expect(await retired('revoked')).toContain(id);
    expect(await retired('rotated')).not.toContain(id);
    const active = await haven.client.listWallets({ query: { purpose: 'deposit', status: 'active', limit: 100 } });
    expect(active.data.map((wallet) => wallet.id)).not.toContain(id);
    const cursor = deposits.next_cursor ?? '';
    await expect(haven.client.listWallets({ query: { purpose: 'user', cursor } })).rejects.toMatchObject({
      status: 400,
      code: 'INVALID_PARAMETER',
    });
  });

  it('filter wallets by chain and time of creation, and follow a change of tags', async () => {
    const run = randomUUID().slice(0, 8);
    const wallet = await fundedWallet(haven);
    const { id, created_at, version } = await haven.client.getWallet({ params: { id: wallet.id } });
    const changed = await haven.client.changeWallet({ params: { id }, body: { label: 'listed', tags: { run } } });
    expect(changed).toMatchObject({ label: 'listed', tags: { run }, version: version + 1 });
    const later = new Date(Date.parse(created_at) + 1).toISOString();
    type Filter = NonNullable<NonNullable<Parameters<typeof haven.client.listWallets>[0]>['query']>;
    const ids = async (query: Filter) =>
      (await haven.client.listWallets({ query: { limit: 100, ...query } })).data.map((row) => row.id);
    expect(await ids({ tag: `run:${run}` })).toEqual([id]);
    expect(await ids({ created_from: created_at, created_to: later })).toContain(id);
    expect(await ids({ created_from: later })).not.toContain(id);
    const chain_id = haven.info.chainId;
    expect(await ids({ tag: `run:${run}`, chain_id })).toEqual([]);
    const body = { wallet_id: id, chain_id, to: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8', value: '1' };
    await ended(haven, (await haven.client.createTransaction({ body })).id);
    expect(await ids({ tag: `run:${run}`, chain_id })).toEqual([id]);
    expect(await ids({ chain_id, created_from: created_at, status: 'active' })).toContain(id);
    await haven.client.changeWallet({ params: { id }, body: { tags: {} } });
    expect(await ids({ tag: `run:${run}` })).toEqual([]);
  });

  it('filter transactions by wallet, reference, chain and status', async () => {
    const wallet = await fundedWallet(haven);
    const reference = `list-${randomUUID()}`;
    const body = {
      wallet_id: wallet.id,
      chain_id: haven.info.chainId,
      to: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
      value: '1',
    };
    const first = await haven.client.createTransaction({ body: { ...body, reference } });
    const second = await haven.client.createTransaction({ body });
    const ids = async (query: Query) => (await haven.client.listTransactions({ query })).data.map(({ id }) => id);
    expect(await ids({ wallet_id: wallet.id })).toEqual([second.id, first.id]);
    expect(await ids({ reference })).toEqual([first.id]);
    expect(await ids({ reference, wallet_id: wallet.id, chain_id: haven.info.chainId })).toEqual([first.id]);
    expect(await ids({ reference, status: 'failed' })).toEqual([]);
    await Promise.all([ended(haven, first.id), ended(haven, second.id)]);
    expect(await ids({ status: 'confirmed', limit: 2 })).toEqual([second.id, first.id]);
    expect(await ids({ status: 'failed', limit: 100 })).not.toContain(first.id);
    expect((await ids({ limit: 2 })).every((id) => id.startsWith('tx_'))).toBe(true);
  });
});
