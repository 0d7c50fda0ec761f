import { orderItem, paymentItem } from '#shared/orders/put-order.ts';
import { type ProcessorRefund, refundKey } from '#shared/payments/refunds/refund.ts';
import { orderId, processorOrder, testPayment } from './orders.ts';
import { createRefundDesk, OTHER_CUSTOMER } from './refund-desk.ts';

const AT = '2026-11-22T18:00:00.000Z';
/** What the order that is paid got in another token. */
export const DAI_ID = `31337:0x${'da'.repeat(32)}:3`;
/** What it got in coin. */
export const COIN_ID = `31337:0x${'c0'.repeat(32)}:native`;
/** The first payment of an order in what it asks for. */
export const OWN_ID = `31337:0x${'a'.repeat(63)}1:0`;
/** An order that is paid, with some of its money given back. */
export const PAID = orderId(1);
/** One that was given back. */
export const BACK = orderId(2);
/** One that a processor gave back. */
export const AT_PROCESSOR = orderId(3);
const { on_chain: PLACE } = testPayment(1);
const placed = (log_index: number | null) => (PLACE === null ? null : { ...PLACE, log_index });

/** What the processor gave back. */
export const RECORDED: ProcessorRefund = {
  id: 'rfd_recorded',
  order_id: AT_PROCESSOR,
  kind: 'order',
  status: 'confirmed',
  amount: '600000',
  is_partial: true,
  asset: 'BTC',
  chain_id: null,
  processor: { name: 'kryptoexpress', reference: 'back-1' },
  reason: 'the customer asked',
  requested_by: 'key_tester',
  created_at: AT,
  updated_at: AT,
  version: 1,
};

/**
 * A shop with every kind of refund, each made by the real use case: of a paid order its excess, a token and coin that it did not ask for; of one
 * that expired all of it, at the second try; and what a processor gave back.
 */
export async function refundedShop() {
  const desk = createRefundDesk();
  desk.putProduct('TEE-M', [10]);
  const dai = { id: DAI_ID, amount: '700', other_asset: 'DAI', on_chain: placed(3) };
  const coin = { id: COIN_ID, amount: '900', other_asset: 'ETH', on_chain: placed(null) };
  await desk.putPaid({ id: PAID, status: 'paid', flags: ['other_asset'] }, [1_000_400, dai, coin]);
  await desk.putPaid({ id: BACK, status: 'expired' }, [500]);
  const excess = await desk.refunded('confirmed', { kind: 'excess' });
  const token = await desk.refunded('confirmed', { kind: 'other_asset', payment_id: DAI_ID });
  const native = await desk.refunded('confirmed', { kind: 'other_asset', payment_id: COIN_ID });
  const failed = await desk.refunded('reverted', {}, BACK);
  const order = await desk.refunded('confirmed', { to: OTHER_CUSTOMER }, BACK);
  const processors = processorOrder({ id: AT_PROCESSOR, status: 'refunded' }, { amount_paid: '1000000' });
  desk.dynamo.put('shop', orderItem(processors));
  const told = { id: 'kryptoexpress:1', order_id: AT_PROCESSOR, on_chain: null, is_watched: false };
  desk.dynamo.put('shop', paymentItem(testPayment(1_000_000, told)));
  desk.dynamo.put('shop', { ...refundKey(AT_PROCESSOR, RECORDED.id), ...RECORDED });
  return { shop: desk.rows('shop'), ledger: desk.rows('ledger'), refunds: { excess, token, native, failed, order } };
}
