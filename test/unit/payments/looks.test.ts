import { describe, expect, it } from 'vitest';
import type { Payment } from '#shared/orders/order.ts';
import { paymentItem } from '#shared/orders/put-order.ts';
import { WATCHED_BEYOND } from '#shared/payments/scan/judge-depth.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { fakeTransactionHash, refusal } from '#test/support/fakes/fake-chain.ts';
import { orderId, testPayment } from '#test/support/fakes/orders.ts';
import { createScanDesk, DUE, payAddress, payToken, type ScanDesk } from '#test/support/fakes/scan-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

/** A payment as it would be stored in a block, put there by hand. */
function stored(desk: ScanDesk, n: number, block: ScanDesk['chain']['blocks'][number], overrides: Partial<Payment>) {
  const payment = testPayment(DUE, {
    id: `31337:${payAddress(n)}:balance`,
    order_id: orderId(n),
    status: 'orphaned',
    block_at: isoTime(block.timestampSeconds * 1_000),
    on_chain: {
      chain_id: 31_337,
      block_number: block.number,
      block_hash: block.hash,
      transaction_hash: null,
      log_index: null,
      from: null,
    },
    ...overrides,
  });
  desk.dynamo.put('shop', paymentItem(payment));
  return payment;
}

const balanceOf = (desk: ScanDesk, n: number) => desk.payments(n).find(({ id }) => id.endsWith('balance'));

describe('a balance that was orphaned', () => {
  it('is watched no more when payments explain it', async () => {
    const desk = createScanDesk();
    await desk.place(1);
    await desk.scan();
    const block = desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    await desk.scan();
    stored(desk, 1, block, {});
    desk.chain.mine();
    await desk.scan();
    expect(balanceOf(desk, 1)).toMatchObject({ status: 'orphaned', is_watched: false });
    expect(await desk.see(1)).toEqual({ status: 'paid', flags: [], paid: '1000000' });
    expect(desk.metrics.counts()).not.toHaveProperty('PaymentRepaired');
  });

  it('counts again when its block is there and nothing explains it', async () => {
    const desk = createScanDesk();
    await desk.place(1, {}, { token_address: null });
    await desk.scan();
    const to = `0x${'cc'.repeat(20)}`;
    const block = desk.chain.mine({ name: 'a', to, silent: [{ to: payAddress(1), amount: DUE }] });
    stored(desk, 1, block, {});
    desk.chain.mine();
    await desk.scan();
    await desk.scan();
    expect(balanceOf(desk, 1)).toMatchObject({ status: 'confirmed', is_watched: true });
    expect(await desk.see(1)).toEqual({ status: 'paid', flags: [], paid: '1000000' });
    await expectShopLaws(desk);
  });

  it('of a block that is gone is watched no more, nor one that no endpoint tells of two epochs long', async () => {
    const desk = createScanDesk();
    await desk.place(1);
    await desk.place(2);
    await desk.scan();
    const block = desk.chain.mine();
    stored(desk, 1, { ...block, hash: `0x${'77'.repeat(32)}` }, {});
    stored(desk, 2, block, {});
    desk.chain.lie(({ method, params }) =>
      method === 'eth_call' && JSON.stringify(params).includes(payAddress(2).slice(2))
        ? refusal('missing trie node')
        : undefined,
    );
    desk.chain.mine();
    await desk.scan();
    expect(balanceOf(desk, 1)).toMatchObject({ status: 'orphaned', is_watched: false });
    expect(balanceOf(desk, 2)).toMatchObject({ status: 'orphaned', is_watched: true });
    for (let n = 0; n < WATCHED_BEYOND; n += 1) desk.chain.mine();
    await desk.scan();
    expect(balanceOf(desk, 2)).toMatchObject({ status: 'orphaned', is_watched: false });
  });
});

describe('a look at payments', () => {
  it('that can not read a block again confirms the others, mends what is in other blocks, and goes on with the next pass', async () => {
    const desk = createScanDesk();
    for (const n of [1, 2, 3]) await desk.place(n, {}, { required_confirmations: 4 });
    await desk.scan();
    const blocks = [1, 2, 3].map((n) => desk.chain.mine({ name: `t${n}`, logs: [payToken(n)] }));
    await desk.scan();
    // As a pass stored them that saw another chain.
    for (const n of [1, 2]) {
      const [own] = desk.payments(n);
      const row = desk.rows('shop').find(({ id }) => id === own?.id);
      if (own?.on_chain) {
        const elsewhere = paymentItem({ ...own, on_chain: { ...own.on_chain, block_hash: '0x77' } });
        desk.dynamo.put('shop', { ...row, ...elsewhere });
      }
    }
    desk.chain.lie(({ method, params }) =>
      method === 'eth_getBlockByNumber' && params[0] === `0x${blocks[0]?.number.toString(16)}` && params[1] === true
        ? refusal('internal error')
        : undefined,
    );
    for (let n = 0; n < 3; n += 1) desk.chain.mine();
    await desk.scan();
    expect(desk.metrics.counts()).toMatchObject({ PaymentLookFailed: 1 });
    expect(await desk.see(3)).toMatchObject({ status: 'paid' });
    expect(desk.payments(2)).toMatchObject([{ on_chain: { block_hash: blocks[1]?.hash } }]);
    expect(desk.payments(1)).toMatchObject([{ status: 'detected', on_chain: { block_hash: '0x77' } }]);
    desk.chain.lie(() => undefined);
    await desk.scan();
    await desk.scan();
    for (const n of [1, 2, 3]) expect(await desk.see(n)).toMatchObject({ status: 'paid', paid: '1000000' });
  });

  it('whose order can not be written confirms those of others', async () => {
    const desk = createScanDesk();
    for (const n of [1, 2]) await desk.place(n);
    await desk.scan();
    desk.chain.mine({ name: 'both', logs: [payToken(1), payToken(2)] });
    await desk.scan();
    // The place of its next entry is taken, which should never be.
    const next = desk.rows('audit').filter(({ pk }) => pk === orderId(1)).length + 1;
    desk.dynamo.put('audit', { pk: orderId(1), seq: next });
    desk.chain.mine();
    expect(await desk.scan()).toMatchObject({ confirmed: 1 });
    expect(await desk.see(1)).toMatchObject({ status: 'confirming' });
    expect(await desk.see(2)).toMatchObject({ status: 'paid' });
    expect(desk.metrics.counts()).toMatchObject({ PaymentLookFailed: 1 });
    expect(desk.payments(1)).toMatchObject([{ id: `31337:${fakeTransactionHash('both')}:0`, status: 'detected' }]);
  });
});
