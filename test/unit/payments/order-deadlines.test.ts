import { describe, expect, it } from 'vitest';
import { refusal } from '#test/support/fakes/fake-chain.ts';
import { TEST_DEADLINE_MS, testOrder } from '#test/support/fakes/orders.ts';
import { createScanDesk, DUE, openScanDesk, payAddress, payToken } from '#test/support/fakes/scan-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

describe('an order', () => {
  it('expires once a block later than its deadline was read, and not before', async () => {
    const desk = await openScanDesk();
    desk.shop.clock.advance(3 * 86_400_000);
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'awaiting_payment' });
    desk.mineBeyondDeadline();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'expired', flags: [] });
    await expectShopLaws(desk);
  });

  it('is paid by what was in time though it is seen hours later, and kept late by what was not', async () => {
    const desk = await openScanDesk(2);
    desk.chain.mine({ name: 'in time', logs: [payToken(1)] });
    desk.mineBeyondDeadline();
    desk.chain.mine({ name: 'late', logs: [payToken(2)] });
    for (let n = 0; n < 240; n += 1) desk.chain.mine();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'paid', flags: [] });
    expect(await desk.see(2)).toMatchObject({ status: 'expired', flags: ['paid_late'] });
  });

  it('is paid by what a contract sent along, for which there is no log', async () => {
    const desk = createScanDesk();
    await desk.place(1, {}, { token_address: null });
    await desk.scan();
    desk.chain.mine({ name: 'a', to: `0x${'cc'.repeat(20)}`, silent: [{ to: payAddress(1), amount: DUE }] });
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'awaiting_payment', paid: '0' });
    desk.mineBeyondDeadline();
    await desk.scan();
    expect(desk.payments(1)).toMatchObject([{ id: `31337:${payAddress(1)}:balance`, amount: '1000000' }]);
    expect(await desk.see(1)).toMatchObject({ status: 'paid', flags: [] });
  });

  it('gets nothing in time from what came silently after its deadline', async () => {
    const desk = createScanDesk();
    await desk.place(1, {}, { token_address: null });
    await desk.scan();
    desk.mineBeyondDeadline();
    desk.chain.mine({ name: 'a', to: `0x${'cc'.repeat(20)}`, silent: [{ to: payAddress(1), amount: DUE }] });
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'expired', flags: [], paid: '0' });
  });

  it('whose balance no endpoint tells stays due for half an hour, and is paid by it when one does', async () => {
    const desk = createScanDesk();
    await desk.place(1, {}, { token_address: null });
    await desk.scan();
    desk.chain.mine({ name: 'a', to: `0x${'cc'.repeat(20)}`, silent: [{ to: payAddress(1), amount: DUE }] });
    desk.mineBeyondDeadline();
    desk.chain.lie(({ method }) => (method === 'eth_getBalance' ? refusal('missing trie node') : undefined));
    await desk.scan();
    desk.mineBeyondDeadline(28);
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'awaiting_payment' });
    expect(desk.log.of('PAYMENT_BALANCE_UNTOLD')).toHaveLength(2);
    desk.chain.lie(() => undefined);
    await desk.scan();
    expect(await desk.see(1)).toEqual({ status: 'paid', flags: [], paid: '1000000' });
  });

  it('whose balance no endpoint tells expires half an hour late, flagged, with an alert, and counted', async () => {
    const desk = await openScanDesk();
    desk.mineBeyondDeadline(31);
    desk.chain.lie(({ method }) => (method === 'eth_call' ? refusal('missing trie node') : undefined));
    await desk.scan();
    expect(await desk.see(1)).toEqual({ status: 'expired', flags: ['balance_unknown'], paid: '0' });
    expect(desk.rows('logs')).toMatchObject([{ category: 'payment_anomaly', severity: 'ERROR' }]);
    expect(desk.metrics.counts()).toMatchObject({ PaymentBalanceUnknown: 1 });
    await desk.scan();
    expect(desk.rows('logs')).toHaveLength(1);
    await expectShopLaws(desk);
  });

  it('that no balance is needed for is settled without one', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'in time', logs: [payToken(1)] });
    desk.mineBeyondDeadline(31);
    desk.chain.lie(({ method }) => (method === 'eth_call' ? refusal('missing trie node') : undefined));
    await desk.scan();
    expect(await desk.see(1)).toEqual({ status: 'paid', flags: [], paid: '1000000' });
  });

  it('does not expire while its chain can not be read', async () => {
    const desk = await openScanDesk();
    desk.mineBeyondDeadline();
    desk.chain.lie(({ method }) => (method === 'eth_getLogs' ? refusal('internal error') : undefined));
    await expect(desk.scan()).rejects.toMatchObject({ code: 'RPC_CONNECTION' });
    expect(await desk.see(1)).toMatchObject({ status: 'awaiting_payment' });
  });

  it('whose balance is counted is not paid twice by a log that was held back', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'a', logs: [payToken(1, DUE / 2n)] });
    desk.chain.lie(({ method }) => (method === 'eth_getLogs' ? { ok: true, result: [] } : undefined));
    desk.mineBeyondDeadline();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ paid: '500000' });
    desk.chain.lie(() => undefined);
    // The last blocks are others now, and the chain is read again from before the payment.
    desk.chain.drop(desk.chain.blocks.length - 2);
    desk.mineBeyondDeadline();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ paid: '500000' });
  });
});

describe('a deadline', () => {
  it('of test orders is half an hour after their chain began', () => {
    expect(Date.parse(testOrder().expires_at)).toBe(TEST_DEADLINE_MS);
  });
});
