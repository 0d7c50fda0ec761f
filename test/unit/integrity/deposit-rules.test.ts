import { describe, expect, it } from 'vitest';
import { assetsToAsk, depositFindings } from '#shared/integrity/deposit-rules.ts';
import { minedFacts } from '#shared/integrity/mined-facts.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import type { Payment } from '#shared/orders/order.ts';
import { orderItem, paymentItem } from '#shared/orders/put-order.ts';
import { DEPOSIT_TOKEN } from '#test/support/fakes/deposit-desk.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { DEPOSIT, paidInTokens } from '#test/support/fakes/paid-deposit.ts';

/** A shop whose one order was paid in a token and swept, and what of it can be spoiled. */
async function swept(spoil: { readonly payment?: Partial<Payment>; readonly there?: bigint } = {}) {
  const desk = paidInTokens();
  await desk.runToTheEnd();
  const rows = noRows();
  const order = testOrder({ status: 'paid' });
  addRow(rows, orderItem({ ...order, payment: { ...order.payment, address: DEPOSIT } }));
  addRow(rows, paymentItem(testPayment(1_000_000, spoil.payment)));
  addRow(rows, desk.sweepRow());
  const mined = desk.transactions().flatMap((row) => minedFacts(row) ?? []);
  const findings = depositFindings(rows.sweeps, rows, mined, {
    chainId: TEST_CHAIN.chain_id,
    balanceOf: (address, token) => desk.balanceOf(token ?? 'coin', address) + (spoil.there ?? 0n),
  });
  return { desk, rows, findings };
}

describe('what came to the address of a swept order', () => {
  it('is what left it, its fees and what is there, in each asset', async () => {
    const { rows, findings } = await swept();
    expect(rows.misfits).toEqual([]);
    expect(assetsToAsk(rows.sweeps, rows, TEST_CHAIN.chain_id)).toEqual([
      { address: DEPOSIT, token_address: null },
      { address: DEPOSIT, token_address: DEPOSIT_TOKEN.toLowerCase() },
    ]);
    expect(findings).toEqual([]);
  });

  it.each([
    ['a payment that never came', { payment: { amount: '1000001' } }, 1],
    ['a payment that is gone', { payment: { status: 'orphaned' } }, 1],
    ['more at the address than anybody saw come', { there: 1n }, 2],
  ] as const)('does not add up with %s', async (_what, spoil, findings) => {
    const found = await swept(spoil);
    expect(found.findings.map(({ rule }) => rule)).toEqual(Array.from({ length: findings }, () => 'deposit'));
  });

  it('is not asked about while its sweep is open, or on another chain', async () => {
    const { rows, desk } = await swept();
    expect(assetsToAsk(rows.sweeps, rows, 1)).toEqual([]);
    desk.putPayment({ id: '31337:0xlater:native' });
    await desk.run();
    const open = noRows();
    addRow(open, { ...desk.sweepRow(), status: 'open' });
    expect(assetsToAsk(open.sweeps, open, TEST_CHAIN.chain_id)).toEqual([]);
  });

  it.each([undefined, {}, { sk: 'TX' }, { gas_used: 'much' }])(
    'is told by no row that is no transaction: %j',
    (row) => {
      expect(minedFacts(row)).toBeUndefined();
    },
  );
});
