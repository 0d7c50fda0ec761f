import { describe, expect, it } from 'vitest';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import type { FakeTransaction } from '#test/support/fakes/fake-chain.ts';
import { createScanDesk, DUE, payAddress, payToken, type ScanDesk } from '#test/support/fakes/scan-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

const FLOOD = 5_000;

/** Payments of one base unit, a transaction each. */
const coins = (n: number, count = FLOOD, name = 'coin'): readonly FakeTransaction[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${name}${index}`, to: payAddress(n), value: 1n }));
/** The same of the token, in one transaction. */
const logs = (n: number, count = FLOOD): FakeTransaction => ({
  name: `flood of ${n}`,
  logs: Array.from({ length: count }, () => payToken(n, 1n)),
});

async function open() {
  const desk = createScanDesk();
  await desk.place(1);
  await desk.place(2);
  await desk.place(3, {}, { token_address: null });
  await desk.scan();
  const calls = new AwsCallCounter();
  calls.attach(desk.client);
  return { ...desk, calls };
}

const alertsOf = (desk: Pick<ScanDesk, 'rows'>) =>
  desk.rows('logs').map(({ category, severity, dedupe_key }) => ({ category, severity, dedupe_key }));

// Thousands of payments take seconds, and four times that on a machine that does much else.
describe('an order whose address gets thousands of payments of next to nothing', { timeout: 60_000 }, () => {
  it('costs no more than 150 of them, and the others of the block are settled in the same pass', async () => {
    const { scan, see, chain, calls, payments, ...desk } = await open();
    chain.mine(logs(1), { name: 'real', logs: [payToken(2)] });
    expect(await scan()).toMatchObject({ blocks: 1, paid: 2, cutOff: false });
    expect(await see(2)).toMatchObject({ status: 'confirming', paid: '1000000' });
    expect(payments(1)).toHaveLength(150);
    expect(calls.snapshot()).toMatchObject({ TransactWriteItemsCommand: Math.ceil(150 / 19) + 1 + 1 });
    expect(await see(1)).toMatchObject({ status: 'awaiting_payment', flags: ['partially_paid', 'many_payments'] });
    calls.reset();
    chain.mine({ ...logs(1), name: 'more' });
    await scan();
    chain.mine();
    await scan();
    expect(await see(2)).toMatchObject({ status: 'paid' });
    // What comes on top is read and looked up, and nothing of it is written; what was kept is confirmed.
    expect(calls.snapshot()['TransactWriteItemsCommand']).toBeLessThanOrEqual(1 + 12 + 1 + 1);
    expect(alertsOf(desk)).toEqual([
      {
        category: 'payment_anomaly',
        severity: 'ERROR',
        dedupe_key: expect.stringMatching(/^order-many_payments:ord_/),
      },
    ]);
    await expectShopLaws({ ...desk });
  });

  it('is asked of the chain no more than so often: for receipts of coin, too', async () => {
    const { scan, chain, see, payments } = await open();
    chain.mine(...coins(3));
    const before = chain.asked.length;
    await scan();
    const receipts = chain.asked
      .slice(before)
      .flat()
      .filter(({ method }) => method === 'eth_getTransactionReceipt');
    expect(receipts.length).toBeLessThanOrEqual(200);
    expect(payments(3)).toHaveLength(150);
    expect(await see(3)).toMatchObject({ flags: ['partially_paid', 'many_payments'] });
  });

  it('is paid by real money all the same: in the same block, and in a later one', async () => {
    const { scan, chain, see } = await open();
    chain.mine(...coins(3), { name: 'half', to: payAddress(3), value: DUE / 2n }, ...coins(3, 300, 'after'));
    await scan();
    expect(await see(3)).toMatchObject({ status: 'awaiting_payment' });
    chain.mine(...coins(3, 300, 'before'), { name: 'rest', to: payAddress(3), value: DUE / 2n });
    await scan();
    expect(await see(3)).toMatchObject({ status: 'confirming', flags: ['many_payments'] });
    chain.mine();
    await scan();
    expect(await see(3)).toMatchObject({ status: 'paid' });
  });

  it('is credited at its deadline with all that came in time, kept one by one or not', async () => {
    const { scan, chain, see, mineBeyondDeadline } = await open();
    chain.mine(logs(1));
    mineBeyondDeadline();
    await scan();
    await scan();
    expect(await see(1)).toEqual({
      status: 'expired',
      flags: ['partially_paid', 'many_payments'],
      paid: String(FLOOD),
    });
  });

  it('is paid by thousands of parts that come to what is due, when its balance is looked at', async () => {
    const { scan, chain, see, mineBeyondDeadline } = await open();
    chain.mine({ name: 'parts', logs: Array.from({ length: FLOOD }, () => payToken(1, DUE / BigInt(FLOOD))) });
    mineBeyondDeadline();
    await scan();
    expect(await see(1)).toMatchObject({ status: 'paid', paid: '1000000', flags: ['many_payments'] });
  });

  it('keeps what is stored of it when its block is read again in a larger range, or is replaced', async () => {
    const { scan, chain, see, payments, ...desk } = await open();
    chain.mine({ name: 'empty' });
    chain.mine(logs(1));
    await scan();
    const stored = payments(1).map(({ id }) => id);
    chain.drop(2);
    chain.mine({ name: 'other', logs: Array.from({ length: 400 }, () => payToken(1, 2n)) });
    chain.mine(logs(1));
    await scan();
    const now = payments(1);
    expect(now.filter(({ status }) => status !== 'orphaned').length).toBeLessThanOrEqual(150);
    expect(now.length).toBeLessThanOrEqual(300);
    expect(stored.every((id) => now.some((one) => one.id === id))).toBe(true);
    expect(await see(1)).toMatchObject({ status: 'awaiting_payment' });
    await expectShopLaws({ ...desk });
  });
});
