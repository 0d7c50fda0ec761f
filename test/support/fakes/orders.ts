import { emptyHead } from '#shared/audit/audit-entry.ts';
import type { OnChainOrderPayment, Order, Payment, ProcessorOrderPayment } from '#shared/orders/order.ts';
import { STOCK_OF } from '#shared/orders/transitions.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from './fake-clock.ts';

/** When test orders are to be paid: half an hour after they were placed. Milliseconds since the Unix epoch. */
export const TEST_DEADLINE_MS = TEST_NOW_MS + 30 * 60_000;

/** An order's id by its number. */
export function orderId(n: number): string {
  return `ord_01JD8Q4X7M5N2V9C3R6T0${String(n).padStart(5, '0')}`;
}

/** An order of two pieces of one SKU that waits for 1,000,000 base units. */
export function testOrder(
  overrides: Partial<Omit<Order, 'payment'>> = {},
  payment: Partial<OnChainOrderPayment> = {},
): Order & { readonly payment: OnChainOrderPayment } {
  const id = overrides.id ?? orderId(1);
  const status = overrides.status ?? 'awaiting_payment';
  return {
    ...emptyHead(id),
    id,
    cart_id: 'crt_01JD8Q4X7M5N2V9C3R6T0W1YZA',
    token_hash: 'hash of the token',
    status,
    flags: [],
    stock: STOCK_OF[status],
    lines: [
      {
        sku: 'TEE-M',
        name: 'Tee, medium',
        quantity: 2,
        unit_price: { amount: '2500', currency: 'USD' },
        allocations: [{ sku: 'TEE-M', shard: 0, quantity: 2 }],
      },
    ],
    total: { amount: '5000', currency: 'USD' },
    email: 'ada@example.com',
    customer: null,
    payment: {
      chain_id: 31_337,
      asset: 'USDC',
      token_address: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
      decimals: 6,
      address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
      wallet_id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA',
      amount_due: '1000000',
      amount_paid: '0',
      rate: '1',
      rate_source: 'fixed',
      required_confirmations: 2,
      tolerance_bps: 10,
      ...payment,
    },
    expires_at: isoTime(TEST_DEADLINE_MS),
    created_at: isoTime(TEST_NOW_MS),
    updated_at: isoTime(TEST_NOW_MS),
    version: 1,
    ...overrides,
  };
}

/** The same order, of 0.01 BTC, to be paid through a processor; no invoice is bound to it yet. */
export function processorOrder(
  overrides: Partial<Omit<Order, 'payment'>> = {},
  payment: Partial<ProcessorOrderPayment> = {},
): Order & { readonly payment: ProcessorOrderPayment } {
  return {
    ...testOrder(overrides),
    payment: {
      chain_id: null,
      processor: { name: 'kryptoexpress', invoice_id: null, uri: null },
      asset: 'BTC',
      token_address: null,
      decimals: 8,
      address: null,
      wallet_id: null,
      amount_due: '1000000',
      amount_paid: '0',
      rate: '100000',
      rate_source: 'fixed',
      required_confirmations: 3,
      tolerance_bps: 10,
      ...payment,
    },
  };
}

/** A payment of the test order: confirmed, in a block a minute after the order was placed. */
export function testPayment(amount: bigint | number, overrides: Partial<Payment> = {}): Payment {
  return {
    id: `31337:0x${'ab'.repeat(32)}:0`,
    order_id: orderId(1),
    amount: amount.toString(),
    status: 'confirmed',
    block_at: isoTime(TEST_NOW_MS + 60_000),
    on_chain: {
      chain_id: 31_337,
      block_number: 100,
      block_hash: `0x${'b1'.repeat(32)}`,
      transaction_hash: `0x${'ab'.repeat(32)}`,
      log_index: 0,
      from: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    },
    is_watched: true,
    detected_at: isoTime(TEST_NOW_MS + 60_000),
    confirmed_at: null,
    ...overrides,
  };
}
