import { describe, expect, it } from 'vitest';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { paymentAddressKey } from '#shared/orders/order-keys.ts';
import { MAX_ALLOCATIONS } from '#shared/orders/put-order.ts';
import { settleOrder } from '#shared/orders/settle.ts';
import { requestRefund } from '#shared/payments/refunds/request-refund.ts';
import { TREASURY_KEY } from '#shared/payments/treasury/treasury.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TOKEN_ABI } from '#test/support/fakes/fake-token.ts';
import { TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { orderId, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { ether, storedPolicy, tokens } from '#test/support/fakes/policies.ts';
import { CUSTOMER, createRefundDesk, OTHER_CUSTOMER } from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';

const TOKEN = testOrder().payment.token_address ?? '';
const COIN = { token_address: null, asset: 'ETH', decimals: 18 };

/** A desk with one order that was paid, and its pieces. */
async function paidDesk(...put: Parameters<ReturnType<typeof createRefundDesk>['putPaid']>) {
  const desk = createRefundDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putPaid(...put);
  return desk;
}

const refused = (run: Promise<unknown>) => caughtLater(HavenError, () => run);

describe('a refund of an order', () => {
  it('is under way with its order, its stock, its history, its notices and the transaction that sends the money', async () => {
    const desk = await paidDesk();
    const refund = await desk.refund();
    expect(refund).toMatchObject({
      order_id: orderId(1),
      kind: 'order',
      status: 'pending',
      amount: '1000000',
      is_partial: false,
      to: CUSTOMER,
      address_from: 'operator',
      requested_by: 'key_tester',
      wallet_id: TEST_WALLET.id,
    });
    const { order, refunds } = await desk.read();
    expect(order).toMatchObject({ status: 'refunding', stock: 'released', version: 2 });
    expect(refunds).toEqual([refund]);
    const entries = desk.rows('audit').filter(({ pk }) => pk === orderId(1));
    expect(entries).toMatchObject([
      { action: 'order.refunding', severity: 'WARNING', reason: 'the customer asked' },
      {
        action: 'order.refund_accepted',
        actor: 'key_tester',
        reason: 'the customer asked',
        detail: { refund_id: refund.id, amount: '1000000', to: CUSTOMER, transaction_id: refund.transaction_id },
      },
    ]);
    const notices = desk.rows('shop').filter(({ sk }) => sk === 'NOTICE');
    expect(notices.map(({ event, audience }) => [event, audience]).toSorted()).toEqual([
      ['order.refunding', 'customer'],
      ['order.refunding', 'merchant'],
    ]);
    expect(desk.kicks).toMatchObject([{ kind: 'kick', cause: 'accept', lane: { address: TEST_WALLET.address } }]);
    expect(desk.metrics.counts()).toMatchObject({ RefundAccepted: 1, TransactionAccepted: 1 });
    await expectRefundLaws(desk);
  });

  it('calls transfer(to, amount) of the token that the order was paid in', async () => {
    const desk = await paidDesk();
    const { transaction_id, id } = await desk.refund();
    const transaction = await desk.transaction(transaction_id);
    expect(transaction).toMatchObject({ to: TOKEN, value: '0', reference: `refund:${id}`, status: 'queued' });
    const call = TOKEN_ABI.parseTransaction(transaction);
    expect([call?.name, ...(call?.args ?? [])]).toEqual(['transfer', CUSTOMER, 1_000_000n]);
  });

  it('sends coin by itself where the order was paid in coin', async () => {
    const desk = await paidDesk({}, [1_000_000], COIN);
    const { transaction_id } = await desk.refund();
    expect(await desk.transaction(transaction_id)).toMatchObject({ to: CUSTOMER, value: '1000000', data: '0x' });
  });

  it.each([
    ['expired', 400],
    ['cancelled', 400],
  ] as const)('gives back what came for an order that is %s', async (status, amount) => {
    const desk = await paidDesk({ status }, [amount]);
    expect(await desk.refund()).toMatchObject({ amount: '400' });
    expect((await desk.read()).order).toMatchObject({ status: 'refunding', stock: 'released' });
    await expectRefundLaws(desk);
  });

  it('of as many shards as an order may have is one transaction of at most 100 items', async () => {
    const desk = createRefundDesk();
    desk.putProduct(
      'TEE-M',
      Array.from({ length: MAX_ALLOCATIONS }, () => 1),
    );
    const allocations = Array.from({ length: MAX_ALLOCATIONS }, (_, shard) => ({ sku: 'TEE-M', shard, quantity: 1 }));
    const [line] = testOrder().lines;
    const total = { amount: String(MAX_ALLOCATIONS * 2_500), currency: 'USD' };
    await desk.putPaid({
      lines: line === undefined ? [] : [{ ...line, quantity: MAX_ALLOCATIONS, allocations }],
      total,
    });
    // A treasury with limits has two windows in the write besides: of the token, and of the coin for its gas.
    const policy = storedPolicy({ max_value_per_day: [ether(10n ** 18n), tokens(2_000_000n)] });
    desk.dynamo.put('ledger', { ...policyKey(TEST_WALLET.id), ...policy });
    await desk.refund();
    expect(desk.rows('ledger').filter(({ pk }) => String(pk).startsWith('SPEND#'))).toHaveLength(2);
    expect((await desk.read()).order.status).toBe('refunding');
    await expectRefundLaws(desk);
  });
});

describe('a refund of the excess', () => {
  it('gives back what is above the amount due, and the order stays what it is', async () => {
    const desk = await paidDesk({ flags: ['overpaid'] }, [1_000_000, 500]);
    expect(await desk.refund({ kind: 'excess' })).toMatchObject({ kind: 'excess', amount: '500' });
    const { order } = await desk.read();
    expect(order).toMatchObject({ status: 'paid', stock: 'reserved', version: 2, flags: ['overpaid'] });
    const entries = desk.rows('audit').filter(({ pk }) => pk === orderId(1));
    expect(entries.map(({ action }) => action)).toEqual(['order.refund_accepted']);
    expect(desk.rows('shop').filter(({ sk }) => sk === 'NOTICE')).toEqual([]);
    await expectRefundLaws(desk);
  });

  it('leaves the order free to be fulfilled, and ends all the same', async () => {
    const desk = await paidDesk({}, [1_000_500]);
    const { transaction_id, id } = await desk.refund({ kind: 'excess' });
    await desk.ask(orderId(1), 'fulfilled', 'operator');
    await desk.endTransaction(transaction_id, 'confirmed');
    await desk.deliver();
    const { order, refunds } = await desk.read();
    expect(order.status).toBe('fulfilled');
    expect(refunds).toMatchObject([{ id, status: 'confirmed' }]);
    await expectRefundLaws(desk);
  });
});

describe('where the money goes', () => {
  it('is what the customer claimed where the operator names nothing', async () => {
    const desk = await paidDesk();
    await desk.claim(OTHER_CUSTOMER);
    expect(await desk.refund({ to: undefined, claimed_address: OTHER_CUSTOMER })).toMatchObject({
      to: OTHER_CUSTOMER,
      address_from: 'customer',
    });
    await expectRefundLaws(desk);
  });

  it('is what the operator names, whatever the customer claimed', async () => {
    const desk = await paidDesk();
    await desk.claim(OTHER_CUSTOMER);
    expect(await desk.refund()).toMatchObject({ to: CUSTOMER, address_from: 'operator' });
  });

  it('must be said by one of them', async () => {
    const error = await refused((await paidDesk()).refund({ to: undefined }));
    expect(error).toMatchObject({ code: 'INVALID_PARAMETER', details: { fields: [{ field: 'body.to' }] } });
  });

  it.each([
    ['the address that the order is paid to', testOrder().payment.address],
    ['the same in lower case', testOrder().payment.address.toLowerCase()],
    ["another order's address", OTHER_CUSTOMER],
    ['the treasury', TEST_WALLET.address],
    ['the token itself', TOKEN],
    ['nobody', `0x${'0'.repeat(40)}`],
  ])('is never %s', async (_what, to) => {
    const desk = await paidDesk();
    desk.dynamo.put('shop', { ...paymentAddressKey(OTHER_CUSTOMER), order_id: orderId(7) });
    const error = await refused(desk.refund({ to }));
    expect(error).toMatchObject({ code: 'INVALID_ADDRESS', details: { fields: [{ field: 'body.to' }] } });
    expect((await desk.read()).order).toMatchObject({ status: 'paid', version: 1 });
    if (to.toLowerCase() !== TEST_WALLET.address.toLowerCase()) {
      expect(await refused(desk.claim(to))).toMatchObject({
        code: 'INVALID_ADDRESS',
        details: { fields: [{ field: 'body.address' }] },
      });
    }
  });
});

describe('a refund is refused, and nothing changes,', () => {
  it.each(['awaiting_payment', 'confirming', 'fulfilled', 'completed', 'refunded'] as const)(
    'of an order that is %s',
    async (status) => {
      const desk = await paidDesk({ status });
      const error = await refused(desk.refund());
      expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { from: status } });
      expect((await desk.read()).refunds).toEqual([]);
    },
  );

  it('for more than there is, naming the field', async () => {
    const error = await refused((await paidDesk()).refund({ amount: '1000001' }));
    expect(error).toMatchObject({ code: 'INVALID_AMOUNT', details: { fields: [{ field: 'body.amount' }] } });
  });

  it('as long as no treasury is named', async () => {
    const desk = await paidDesk();
    desk.dynamo.remove('ledger', TREASURY_KEY);
    expect((await refused(desk.refund())).code).toBe('TREASURY_NOT_CONFIGURED');
  });

  it('when the treasury was revoked', async () => {
    const desk = await paidDesk();
    desk.dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody({ status: 'revoked' }) });
    expect((await refused(desk.refund())).code).toBe('WALLET_REVOKED');
    expect((await desk.read()).order).toMatchObject({ status: 'paid', stock: 'reserved' });
  });

  it("when the treasury's policy doesn't allow so much", async () => {
    const desk = await paidDesk({}, [1_000_000], COIN);
    const policy = storedPolicy({ max_value_per_transaction: [ether(999_999n)] });
    desk.dynamo.put('ledger', { ...policyKey(TEST_WALLET.id), ...policy });
    expect((await refused(desk.refund())).code).toBe('POLICY_VIOLATION');
    expect((await desk.read()).order).toMatchObject({ status: 'paid', version: 1 });
  });

  it('for an order that is not there', async () => {
    expect((await refused(createRefundDesk().refund())).code).toBe('ORDER_NOT_FOUND');
  });

  it('when If-Match names another version', async () => {
    const desk = await paidDesk();
    expect((await refused(desk.refund({}, { ifMatchVersion: 7 }))).code).toBe('VERSION_MISMATCH');
    expect(await desk.refund({}, { ifMatchVersion: 1 })).toMatchObject({ status: 'pending' });
  });

  it('while another is under way', async () => {
    const desk = await paidDesk();
    const first = await desk.refund({ amount: '1' });
    const error = await refused(desk.refund({ amount: '1' }));
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { refund_id: first.id } });
    await expectRefundLaws(desk);
  });
});

describe('a payment that a reorg takes away', () => {
  it('before the refund is written refuses it, though it was judged with the payment', async () => {
    const desk = await paidDesk({ status: 'expired' }, [400]);
    const by = desk.depsBy(desk.client);
    let reads = 0;
    const gone = testPayment(400, { id: `31337:0x${'a'.repeat(63)}1:0`, status: 'orphaned', is_watched: false });
    const slow = {
      ...by.refunds,
      read: async (id: string) => {
        const facts = await by.refunds.read(id);
        reads += 1;
        if (reads === 1) await desk.settle(orderId(1), [gone]);
        return facts;
      },
    };
    const error = await refused(
      requestRefund(
        { ...by, refunds: slow },
        orderId(1),
        { kind: 'order', to: CUSTOMER, reason: 'asked' },
        desk.request(),
      ),
    );
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { confirmed: '0' } });
    expect(reads).toBe(2);
    expect((await desk.read()).refunds).toEqual([]);
    expect(desk.rows('ledger').filter(({ sk }) => sk === 'TX')).toEqual([]);
  });

  it('after it leaves nothing more to give back', async () => {
    const desk = await paidDesk({ status: 'expired' }, [400, 100]);
    await desk.refunded('failed');
    const gone = testPayment(400, { id: `31337:0x${'a'.repeat(63)}1:0`, status: 'orphaned', is_watched: false });
    await settleOrder(
      desk.requestDeps(desk.client),
      orderId(1),
      {
        actor: 'payment-scanner',
        requestId: 'invocation-1',
        knownUntilMs: desk.clock.now(),
        deadline: Deadline.in(30_000, desk.clock.now),
      },
      [gone],
    );
    expect(await desk.refund()).toMatchObject({ amount: '100' });
    await expectRefundLaws(desk);
  });
});
