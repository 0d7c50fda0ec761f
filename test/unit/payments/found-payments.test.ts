import { describe, expect, it } from 'vitest';
import { createScanDesk, DUE, OTHER_TOKEN, openScanDesk, payAddress, payToken } from '#test/support/fakes/scan-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

describe('a payment', () => {
  it('is seen in its block, and confirmed when that is deep enough', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    expect(await desk.scan()).toMatchObject({ blocks: 1, paid: 1, waiting: 1 });
    expect(await desk.see(1)).toEqual({ status: 'confirming', flags: [], paid: '1000000' });
    desk.chain.mine();
    expect(await desk.scan()).toMatchObject({ confirmed: 1, waiting: 0 });
    expect(await desk.see(1)).toEqual({ status: 'paid', flags: [], paid: '1000000' });
    await expectShopLaws(desk);
  });

  it('within the tolerance settles, beyond it is partial until the rest comes, and more is overpaid', async () => {
    const desk = await openScanDesk(3);
    desk.chain.mine({
      name: 'a',
      logs: [payToken(1, DUE - 1_000n), payToken(2, DUE - 1_001n), payToken(3, DUE + 1_001n)],
    });
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'confirming', flags: ['settled_within_tolerance'] });
    expect(await desk.see(2)).toMatchObject({ status: 'awaiting_payment', flags: ['partially_paid'] });
    expect(await desk.see(3)).toMatchObject({ status: 'confirming', flags: ['overpaid'] });
    desk.chain.mine({ name: 'rest', logs: [payToken(2, 1_001n)] });
    await desk.scan();
    expect(await desk.see(2)).toEqual({ status: 'confirming', flags: [], paid: '1000000' });
  });

  it('in one transaction with others is credited to each order', async () => {
    const desk = await openScanDesk(3);
    desk.chain.mine({ name: 'batch', logs: [payToken(1), payToken(2), payToken(3)] });
    await desk.scan();
    for (const n of [1, 2, 3]) expect(await desk.see(n)).toMatchObject({ status: 'confirming', paid: '1000000' });
  });

  it('of another asset is kept in sight and counts for nothing', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'a', logs: [payToken(1, DUE, OTHER_TOKEN)] }, { name: 'b', to: payAddress(1), value: DUE });
    await desk.scan();
    expect(await desk.see(1)).toEqual({ status: 'awaiting_payment', flags: ['other_asset'], paid: '0' });
    expect(
      desk
        .payments(1)
        .map(({ other_asset }) => other_asset)
        .toSorted(),
    ).toEqual(['DAI', 'ETH']);
  });

  it('of the order of another chain is kept in sight with its chain', async () => {
    const desk = createScanDesk();
    await desk.place(1, {}, { chain_id: 137, token_address: null });
    await desk.scan();
    desk.chain.mine({ name: 'a', to: payAddress(1), value: DUE });
    await desk.scan();
    expect(desk.payments(1)).toMatchObject([
      { other_asset: 'ETH on chain 31337', other_token: null, amount: '1000000' },
    ]);
    expect(await desk.see(1)).toMatchObject({ status: 'awaiting_payment', flags: ['other_asset'] });
  });

  it('of the coin counts only when its transaction succeeded', async () => {
    const desk = createScanDesk();
    await desk.place(1, {}, { token_address: null });
    await desk.scan();
    desk.chain.mine({ name: 'a', to: payAddress(1), value: DUE, fails: true });
    await desk.scan();
    expect(desk.payments(1)).toEqual([]);
    desk.chain.mine({ name: 'b', to: payAddress(1), value: DUE });
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'confirming', paid: '1000000' });
  });

  it('of nothing, of an unknown token, or to nobody is none', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({
      name: 'a',
      logs: [payToken(1, 0n), payToken(1, DUE, `0x${'99'.repeat(20)}`), payToken(9)],
      to: null,
    });
    expect(await desk.scan()).toMatchObject({ blocks: 1, paid: 0 });
    expect(desk.payments(1)).toEqual([]);
  });

  it('is watched no more when no reorg reaches its block', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    for (let n = 0; n < 64; n += 1) desk.chain.mine();
    await desk.scan();
    expect(desk.payments(1)).toMatchObject([{ status: 'confirmed', is_watched: true }]);
    desk.chain.mine();
    await desk.scan();
    expect(desk.payments(1)).toMatchObject([{ status: 'confirmed', is_watched: false }]);
  });

  it('comes in a hundred parts all the same', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'a', logs: Array.from({ length: 100 }, () => payToken(1, DUE / 100n)) });
    await desk.scan();
    expect(await desk.see(1)).toEqual({ status: 'confirming', flags: [], paid: '1000000' });
    desk.chain.mine();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'paid' });
  });
});
