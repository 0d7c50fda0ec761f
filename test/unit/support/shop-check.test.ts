import { describe, expect, it } from 'vitest';
import { orderFindings } from '#shared/integrity/order-rules.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import { stockFindings } from '#shared/integrity/stock-rules.ts';
import { noticeKey } from '#shared/orders/order-keys.ts';
import { orderItem, paymentItem } from '#shared/orders/put-order.ts';
import { orderId, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { productItems } from '#test/support/fakes/shop-rows.ts';
import { ofFile } from '#test/support/shop-check.ts';

/** An order of a SKU whose rows are all a little wrong: a payment it does not count, an address that leads nowhere, a shard without its pieces. */
function wrongShop(skus: readonly string[]) {
  const rows = noRows();
  for (const [n, sku] of skus.entries()) {
    const id = orderId(n);
    const lines = testOrder().lines.map((line) => ({ ...line, sku, allocations: [{ sku, shard: 0, quantity: 2 }] }));
    const address = `0x${String(n + 1).padStart(40, 'A')}`;
    addRow(rows, orderItem(testOrder({ id, lines }, { address, wallet_id: `wal_${n}` })));
    addRow(rows, paymentItem(testPayment(5, { id: `payment-${n}`, order_id: id })));
    addRow(rows, { ...noticeKey('merchant', `evt_${n}`), id: `evt_${n}`, order_id: id });
    for (const item of productItems({ sku }, 10)) addRow(rows, item);
  }
  return { rows, findings: [...rows.misfits, ...stockFindings(rows, new Map()), ...orderFindings(rows, [])] };
}

describe('the check after a file', () => {
  it('names all that is wrong with what the file made, and nothing of others', () => {
    const { rows, findings } = wrongShop(['OWN-1', 'OTHER-1']);
    const own = ofFile(findings, rows, (sku) => sku.startsWith('OWN-'));
    const other = ofFile(findings, rows, (sku) => sku.startsWith('OTHER-'));
    expect(new Set(own.map(({ rule }) => rule))).toEqual(
      new Set(['index', 'reserved', 'on_hand', 'payment', 'address', 'deposit_wallet']),
    );
    expect(own.length + other.length).toBe(findings.length);
    expect(own.filter((one) => other.includes(one))).toEqual([]);
    expect(ofFile(findings, rows, () => false)).toEqual([]);
  });
});
