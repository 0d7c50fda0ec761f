import type { SentRefund } from '#shared/payments/refunds/refund.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from './fake-clock.ts';
import { TEST_WALLET } from './ledger-transactions.ts';
import { orderId } from './orders.ts';

/** A refund of the whole test order, under way. */
export function testRefund(overrides: Partial<SentRefund> = {}): SentRefund {
  const at = isoTime(TEST_NOW_MS);
  return {
    id: 'rfd_01JD8Q4X7M5N2V9C3R6T0W1YZA',
    order_id: orderId(1),
    kind: 'order',
    status: 'pending',
    amount: '1000000',
    is_partial: false,
    asset: 'USDC',
    chain_id: 31_337,
    token_address: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
    to: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
    address_from: 'operator',
    reason: 'the customer asked',
    requested_by: 'key_tester',
    wallet_id: TEST_WALLET.id,
    transaction_id: 'tx_01JD8Q4X7M5N2V9C3R6T0W0001',
    failure: null,
    created_at: at,
    updated_at: at,
    version: 1,
    ...overrides,
  };
}
