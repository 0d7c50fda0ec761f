import { describe, expect, it } from 'vitest';
import type { Order, Payment } from '#shared/orders/order.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TOKEN_ABI } from '#test/support/fakes/fake-token.ts';
import { testPayment } from '#test/support/fakes/orders.ts';
import {
  CUSTOMER,
  createRefundDesk,
  OTHER_CUSTOMER,
  OTHER_TOKEN,
  type RefundDesk,
} from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';

const DAI_ID = `31337:0x${'da'.repeat(32)}:3`;
const COIN_ID = `31337:0x${'c0'.repeat(32)}:native`;
const own = testPayment(1);
const at = (log_index: number | null) => (own.on_chain === null ? null : { ...own.on_chain, log_index });
const DAI = { id: DAI_ID, amount: '700', other_asset: 'DAI', on_chain: at(3) };
const COIN = { id: COIN_ID, amount: '900', other_asset: 'ETH', on_chain: at(null) };
const WISH = { kind: 'other_asset', payment_id: DAI_ID } as const;
const refused = (run: Promise<unknown>) => caughtLater(HavenError, () => run);

type Paid = Parameters<RefundDesk['putPaid']>[1];

async function desk(status: Order['status'] = 'paid', payments: Paid = [1_000_000, DAI, COIN]) {
  const made = createRefundDesk();
  made.putProduct('TEE-M', [10]);
  await made.putPaid({ status, flags: ['other_asset'] }, payments);
  return made;
}

describe('a payment in something that the order does not ask for', () => {
  it('is given back in what it came in, and the order stays what it is', async () => {
    const { refund, transaction, read, ...rest } = await desk();
    const given = await refund(WISH);
    expect(given).toMatchObject({
      kind: 'other_asset',
      payment_id: DAI_ID,
      amount: '700',
      is_partial: false,
      asset: 'DAI',
      token_address: OTHER_TOKEN,
    });
    const sent = await transaction(given.transaction_id);
    expect(sent.to).toBe(OTHER_TOKEN);
    expect([...(TOKEN_ABI.parseTransaction(sent)?.args ?? [])]).toEqual([CUSTOMER, 700n]);
    await rest.endTransaction(given.transaction_id, 'confirmed');
    await rest.deliver();
    expect(await read()).toMatchObject({
      order: { status: 'paid', stock: 'reserved', flags: ['other_asset'] },
      refunds: [{ status: 'confirmed' }],
    });
    expect(rest.rows('logs')).toEqual([]);
    await expectRefundLaws({ refund, transaction, read, ...rest });
  });

  it('that is coin is sent as coin', async () => {
    const { refund, transaction } = await desk();
    const given = await refund({ ...WISH, payment_id: COIN_ID });
    expect(await transaction(given.transaction_id)).toMatchObject({ to: CUSTOMER, value: '900', data: '0x' });
  });

  it('goes where the customer claimed, when the operator says so', async () => {
    const { refund, claim } = await desk('expired');
    await claim(OTHER_CUSTOMER);
    expect(await refund({ ...WISH, to: undefined, claimed_address: OTHER_CUSTOMER })).toMatchObject({
      to: OTHER_CUSTOMER,
      address_from: 'customer',
    });
  });

  it('is never given back twice, nor more than came, in parts neither', async () => {
    const all = await desk();
    expect((await refused(all.refund({ ...WISH, amount: '701' }))).code).toBe('INVALID_AMOUNT');
    await all.refunded('confirmed', { ...WISH, amount: '300' });
    expect((await refused(all.refund({ ...WISH, amount: '401' }))).code).toBe('INVALID_AMOUNT');
    await all.refunded('failed', WISH);
    await all.refunded('confirmed', { ...WISH, amount: '400' });
    expect((await refused(all.refund(WISH))).code).toBe('INVALID_TRANSITION');
    await expectRefundLaws(all);
  });

  it('takes nothing of what the order itself may give back, and that takes nothing of it', async () => {
    const all = await desk();
    await all.refunded('confirmed', WISH);
    expect(await all.refunded('confirmed', {})).toMatchObject({ amount: '1000000', is_partial: false });
    expect((await all.read()).order.status).toBe('refunded');
    expect(await all.refund({ ...WISH, payment_id: COIN_ID })).toMatchObject({ amount: '900' });
  });

  it('under way keeps any other refund waiting', async () => {
    const { refund } = await desk();
    await refund(WISH);
    expect((await refused(refund())).code).toBe('INVALID_TRANSITION');
  });

  it.each(['paid', 'fulfilled', 'completed', 'expired', 'cancelled', 'refunding', 'refunded'] as const)(
    'can be given back of an order that is %s',
    async (status) => {
      const { refund, read } = await desk(status);
      expect(await refund(WISH)).toMatchObject({ status: 'pending' });
      expect((await read()).order.status).toBe(status);
    },
  );

  it.each(['awaiting_payment', 'confirming'] as const)('is not, as long as an order is %s', async (status) => {
    const { refund } = await desk(status);
    expect((await refused(refund(WISH))).code).toBe('INVALID_TRANSITION');
  });

  it('is refused for a treasury that has not got it: its address may not be swept yet', async () => {
    const { refund, chain } = await desk();
    chain.tokens = 699n;
    expect(await refused(refund(WISH))).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      details: { asset: 'DAI', missing: '1' },
    });
  });
});

describe('what is no such payment', () => {
  it.each<[string, Partial<Payment> | number, string]>([
    ['another order’s', { ...DAI, id: 'x' }, DAI_ID],
    ['one in what the order asks for', { id: DAI_ID, amount: '5' }, DAI_ID],
    ['one that is only seen', { ...DAI, status: 'detected' }, DAI_ID],
    ['one whose block is gone', { ...DAI, status: 'orphaned' }, DAI_ID],
    ['one of a processor', { ...DAI, on_chain: null }, DAI_ID],
  ])('is %s', async (_what, payment, payment_id) => {
    const { refund } = await desk('paid', [1_000_000, payment]);
    expect(await refused(refund({ ...WISH, payment_id }))).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'body.payment_id' }] },
    });
  });

  it('is named for no other kind, and has to be for this one', async () => {
    const { refund } = await desk();
    expect((await refused(refund({ payment_id: DAI_ID }))).code).toBe('INVALID_PARAMETER');
    expect((await refused(refund({ kind: 'other_asset' }))).code).toBe('INVALID_PARAMETER');
  });

  it('is sent in nothing that is not configured any more', async () => {
    const { refund } = await desk('paid', [{ ...DAI, other_asset: 'GONE' }]);
    expect((await refused(refund(WISH))).code).toBe('INVALID_TRANSITION');
  });
});
