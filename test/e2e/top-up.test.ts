import { beforeAll, describe, expect, it } from 'vitest';
import { fund } from '#local/seed.ts';
import { ended, eventually, LANE_MS, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const HALF_ETHER = '500000000000000000';
const ETHER = '1000000000000000000';
/** A condition opens within seconds, the schedule looks each minute, and the top-up has to be mined. */
const WITHOUT_A_HUMAN_MS = 150_000;

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

/** Side by side: each waits for the schedule. */
describe.concurrent('a wallet that is topped up', () => {
  it('gets from its treasury what a transaction waits for, once and on record, and the transaction is confirmed', {
    timeout: LANE_MS + WITHOUT_A_HUMAN_MS + 60_000,
  }, async () => {
    const treasury = await haven.client.createWallet({ body: { purpose: 'treasury' } });
    await fund(haven.info.rpcUrl, treasury.address, '5');
    const poor = await haven.client.createWallet({ body: { purpose: 'user' } });
    const top_up = [{ from_wallet_id: treasury.id, asset: 'ETH', to: ETHER }];
    await haven.client.putPolicy({
      params: { id: poor.id },
      body: { balance: { low: [{ asset: 'ETH', amount: HALF_ETHER }], top_up } },
    });
    const body = { wallet_id: poor.id, chain_id: haven.info.chainId, to: TO, value: '7' };
    const { id } = await haven.client.createTransaction({ body });
    await eventually(
      'it waits for funds',
      async () => {
        const { waiting_for } = await haven.client.getTransaction({ params: { id } });
        return waiting_for === 'funds' ? true : undefined;
      },
      LANE_MS,
    );
    expect((await ended(haven, id, WITHOUT_A_HUMAN_MS)).status).toBe('confirmed');

    const { data: sent } = await haven.client.listTransactions({ query: { wallet_id: treasury.id, limit: 10 } });
    expect(sent).toMatchObject([{ to: poor.address, value: ETHER }]);
    const [topUp] = sent;
    expect(topUp?.reference).toMatch(new RegExp(`^top-up:${poor.id}:${haven.info.chainId}:.*Z:1$`));
    const { history } = await haven.client.getTransaction({ params: { id: topUp?.id ?? '' } });
    expect(history[0]).toMatchObject({ actor: 'top-up', detail: { top_up_of: poor.id } });
  });

  it('gets no more than the policy of the treasury allows', async () => {
    const treasury = await haven.client.createWallet({ body: { purpose: 'treasury' } });
    await fund(haven.info.rpcUrl, treasury.address, '5');
    await haven.client.putPolicy({
      params: { id: treasury.id },
      body: { max_value_per_transaction: [{ asset: 'ETH', amount: HALF_ETHER }] },
    });
    const wallets = await Promise.all([1, 2].map(() => haven.client.createWallet({ body: { purpose: 'user' } })));
    const [greedy, modest] = wallets;
    if (greedy === undefined || modest === undefined) throw new Error('There are two');
    const post = async (walletId: string, to: string, value: string) => {
      const balance = { top_up: [{ from_wallet_id: treasury.id, asset: 'ETH', to }] };
      await haven.client.putPolicy({ params: { id: walletId }, body: { balance } });
      const body = { wallet_id: walletId, chain_id: haven.info.chainId, to: TO, value };
      return haven.client.createTransaction({ body });
    };
    const refused = await post(greedy.id, HALF_ETHER, ETHER);
    const allowed = await post(modest.id, HALF_ETHER, '7');
    expect((await ended(haven, allowed.id, WITHOUT_A_HUMAN_MS)).status).toBe('confirmed');
    expect(await haven.client.getTransaction({ params: { id: refused.id } })).toMatchObject({
      status: 'queued',
      waiting_for: 'funds',
    });
    const { data: sent } = await haven.client.listTransactions({ query: { wallet_id: treasury.id, limit: 10 } });
    expect(sent).toMatchObject([{ to: modest.address, value: HALF_ETHER }]);
    await haven.client.cancelTransaction({ params: { id: refused.id } });
  });
});
