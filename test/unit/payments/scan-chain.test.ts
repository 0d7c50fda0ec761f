import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { refusal } from '#test/support/fakes/fake-chain.ts';
import { TEST_DEADLINE_MS, testOrder } from '#test/support/fakes/orders.ts';
import { createScanDesk, OTHER_TOKEN, payAddress, TOKEN } from '#test/support/fakes/scan-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

const DUE = 1_000_000n;

/** A transfer of the token. */
const pay = (n: number, amount = DUE, token = TOKEN) => ({ token, to: payAddress(n), amount });

async function open(orders = 1) {
  const desk = createScanDesk();
  for (let n = 1; n <= orders; n += 1) await desk.place(n);
  await desk.scan();
  return desk;
}

describe('a payment', () => {
  it('is seen in its block, and confirmed when that is deep enough', async () => {
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    expect(await desk.scan()).toMatchObject({ blocks: 1, paid: 1, waiting: 1 });
    expect(await desk.see(1)).toEqual({ status: 'confirming', flags: [], paid: '1000000' });
    desk.chain.mine();
    expect(await desk.scan()).toMatchObject({ confirmed: 1, waiting: 0 });
    expect(await desk.see(1)).toEqual({ status: 'paid', flags: [], paid: '1000000' });
    await expectShopLaws(desk);
  });

  it('within the tolerance settles, beyond it is partial until the rest comes, and more is overpaid', async () => {
    const desk = await open(3);
    desk.chain.mine({ name: 'a', logs: [pay(1, DUE - 1_000n), pay(2, DUE - 1_001n), pay(3, DUE + 1_001n)] });
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'confirming', flags: ['settled_within_tolerance'] });
    expect(await desk.see(2)).toMatchObject({ status: 'awaiting_payment', flags: ['partially_paid'] });
    expect(await desk.see(3)).toMatchObject({ status: 'confirming', flags: ['overpaid'] });
    desk.chain.mine({ name: 'rest', logs: [pay(2, 1_001n)] });
    await desk.scan();
    expect(await desk.see(2)).toEqual({ status: 'confirming', flags: [], paid: '1000000' });
  });

  it('in one transaction with others is credited to each order', async () => {
    const desk = await open(3);
    desk.chain.mine({ name: 'batch', logs: [pay(1), pay(2), pay(3)] });
    await desk.scan();
    for (const n of [1, 2, 3]) expect(await desk.see(n)).toMatchObject({ status: 'confirming', paid: '1000000' });
  });

  it('of another asset is kept in sight and counts for nothing', async () => {
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: [pay(1, DUE, OTHER_TOKEN)] }, { name: 'b', to: payAddress(1), value: DUE });
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
    expect(desk.payments(1)).toMatchObject([{ other_asset: 'ETH on chain 31337', amount: '1000000' }]);
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
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: [pay(1, 0n), pay(1, DUE, `0x${'99'.repeat(20)}`), pay(9)], to: null });
    expect(await desk.scan()).toMatchObject({ blocks: 1, paid: 0 });
    expect(desk.payments(1)).toEqual([]);
  });

  it('is watched no more when no reorg reaches its block', async () => {
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    for (let n = 0; n < 64; n += 1) desk.chain.mine();
    await desk.scan();
    expect(desk.payments(1)).toMatchObject([{ status: 'confirmed', is_watched: true }]);
    desk.chain.mine();
    await desk.scan();
    expect(desk.payments(1)).toMatchObject([{ status: 'confirmed', is_watched: false }]);
  });

  it('comes in a hundred parts all the same', async () => {
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: Array.from({ length: 100 }, () => pay(1, DUE / 100n)) });
    await desk.scan();
    expect(await desk.see(1)).toEqual({ status: 'confirming', flags: [], paid: '1000000' });
    desk.chain.mine();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'paid' });
  });
});

describe('a reorg', () => {
  it('that takes a payment away takes the order back, and one that brings it again pays it', async () => {
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    await desk.scan();
    desk.chain.drop(1);
    desk.chain.mine();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'awaiting_payment', flags: [], paid: '0' });
    expect(desk.payments(1)).toMatchObject([{ status: 'orphaned' }]);
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    desk.chain.mine();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'paid', paid: '1000000' });
    expect(desk.payments(1)).toHaveLength(1);
  });

  it('in which its log is counted otherwise leaves one payment, and never an order without it', async () => {
    const desk = await open(2);
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    await desk.scan();
    desk.chain.drop(1);
    desk.chain.mine({ name: 'other', logs: [pay(2)] }, { name: 'a', logs: [pay(1)] });
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'confirming', paid: '1000000' });
    expect(
      desk
        .payments(1)
        .map(({ status }) => status)
        .toSorted(),
    ).toEqual(['detected', 'orphaned']);
    expect(desk.rows('audit').filter(({ action }) => action === 'order.payment_lost')).toEqual([]);
  });

  it('that moves it beyond the deadline leaves it late', async () => {
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    await desk.scan();
    desk.chain.drop(1);
    desk.mineBeyondDeadline();
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    await desk.scan();
    expect(await desk.see(1)).toEqual({ status: 'expired', flags: ['paid_late'], paid: '1000000' });
  });

  it('of many blocks goes back to a block that both know', async () => {
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    for (let n = 0; n < 300; n += 1) desk.chain.mine();
    await desk.scan();
    desk.chain.drop(301);
    for (let n = 0; n < 310; n += 1) desk.chain.mine();
    await desk.scan();
    expect(desk.metrics.counts()).toMatchObject({ PaymentScanReorg: 1, OrderPaymentUndone: 1 });
    expect(await desk.see(1)).toMatchObject({ status: 'paid', flags: ['partially_paid'], paid: '0' });
  });

  it('beyond all that is known is told, and what is gone is found out', async () => {
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    desk.chain.mine();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'paid' });
    // Another chain altogether: not even its first block is the same.
    const first = desk.chain.blocks[0];
    if (first === undefined) throw new Error('No first block');
    desk.chain.lie(({ method, params }) => {
      if (method !== 'eth_getBlockByNumber' || params[0] !== '0x0') return undefined;
      return {
        ok: true,
        result: {
          number: '0x0',
          hash: `0x${'77'.repeat(32)}`,
          parentHash: first.parentHash,
          timestamp: '0x1',
          transactions: [],
        },
      };
    });
    desk.chain.drop(2);
    desk.chain.mine();
    desk.chain.mine();
    desk.chain.mine();
    await desk.scan().catch(() => undefined);
    expect(desk.rows('logs').filter(({ severity }) => severity === 'CRITICAL').length).toBeGreaterThan(0);
  });

  it('is not what a late endpoint is: nothing is taken back', async () => {
    const desk = await open();
    desk.chain.mine();
    desk.chain.mine({ name: 'a', logs: [pay(1)] });
    await desk.scan();
    const late = createLate(desk, 1);
    expect(await desk.scan(undefined, { rpc: late })).toMatchObject({ blocks: 0, lagSeconds: undefined });
    expect(await desk.see(1)).toMatchObject({ status: 'confirming', paid: '1000000' });
  });
});

/** The chain as it was some blocks ago. */
function createLate(desk: ReturnType<typeof createScanDesk>, blocks: number): typeof desk.chain.rpc {
  const headNumber = desk.chain.blocks.length - 1 - blocks;
  return {
    ask: (calls, read, deadline) =>
      desk.chain.rpc.ask(
        calls.map((call) =>
          call.params[0] === 'latest' ? { ...call, params: [`0x${headNumber.toString(16)}`, false] } : call,
        ),
        read,
        deadline,
      ),
  };
}

describe('an order', () => {
  it('expires once a block later than its deadline was read, and not before', async () => {
    const desk = await open();
    desk.shop.clock.advance(3 * 86_400_000);
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'awaiting_payment' });
    desk.mineBeyondDeadline();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'expired', flags: [] });
    await expectShopLaws(desk);
  });

  it('is paid by what was in time though it is seen hours later, and kept late by what was not', async () => {
    const desk = await open(2);
    desk.chain.mine({ name: 'in time', logs: [pay(1)] });
    desk.mineBeyondDeadline();
    desk.chain.mine({ name: 'late', logs: [pay(2)] });
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
    const desk = await open();
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
    const desk = await open();
    desk.chain.mine({ name: 'in time', logs: [pay(1)] });
    desk.mineBeyondDeadline(31);
    desk.chain.lie(({ method }) => (method === 'eth_call' ? refusal('missing trie node') : undefined));
    await desk.scan();
    expect(await desk.see(1)).toEqual({ status: 'paid', flags: [], paid: '1000000' });
  });

  it('does not expire while its chain can not be read', async () => {
    const desk = await open();
    desk.mineBeyondDeadline();
    desk.chain.lie(({ method }) => (method === 'eth_getLogs' ? refusal('internal error') : undefined));
    await expect(desk.scan()).rejects.toMatchObject({ code: 'RPC_CONNECTION' });
    expect(await desk.see(1)).toMatchObject({ status: 'awaiting_payment' });
  });

  it('whose balance is counted is not paid twice by a log that was held back', async () => {
    const desk = await open();
    desk.chain.mine({ name: 'a', logs: [pay(1, DUE / 2n)] });
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

describe('what is asked at once', () => {
  it('is halved as long as endpoints say that it is too much, and grows again', async () => {
    const desk = await open();
    for (let n = 0; n < 60; n += 1) desk.chain.mine();
    const asked: number[] = [];
    desk.chain.lie(({ method, params }) => {
      if (method !== 'eth_getLogs') return undefined;
      const { fromBlock, toBlock } = z.object({ fromBlock: z.string(), toBlock: z.string() }).parse(params[0]);
      const blocks = Number(toBlock) - Number(fromBlock) + 1;
      asked.push(blocks);
      return blocks > 6 ? refusal('query exceeds max block range 6') : undefined;
    });
    expect(await desk.scan()).toMatchObject({ blocks: 60 });
    expect(asked.slice(0, 4)).toEqual([20, 10, 5, 6]);
  });

  it('covers every block once', async () => {
    const desk = await open();
    for (let n = 0; n < 45; n += 1) desk.chain.mine();
    await desk.scan();
    const blocks = desk.chain.asked
      .flat()
      .filter(({ method, params }) => method === 'eth_getBlockByNumber' && params[1] === true)
      .map(({ params }) => Number(params[0]));
    expect(blocks).toEqual(Array.from({ length: 45 }, (_, index) => index + 1));
  });

  it('ends with the time that there is, and the next pass goes on', async () => {
    const desk = await open();
    for (let n = 0; n < 45; n += 1) desk.chain.mine();
    desk.chain.before(() => desk.clock.advance(9_000));
    const report = await desk.scan();
    expect(report).toMatchObject({ cutOff: true });
    expect(report?.blocks).toBeGreaterThan(0);
    desk.chain.before(() => undefined);
    expect(await desk.scan()).toMatchObject({ blocks: 45 - (report?.blocks ?? 0), cutOff: false });
  });
});

describe('a deadline', () => {
  it('of test orders is half an hour after their chain began', () => {
    expect(Date.parse(testOrder().expires_at)).toBe(TEST_DEADLINE_MS);
  });
});
