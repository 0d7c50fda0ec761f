import { describe, expect, it } from 'vitest';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { createRefundStore } from '#shared/payments/refunds/refund-store.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { orderId, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createRefundDesk, OTHER_CUSTOMER } from '#test/support/fakes/refund-desk.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import { shopRows, tearingClient } from '#test/support/fakes/torn-read.ts';

/** Every way in which that many rows can be as before or as after; the first is: all as after. */
const tears = (rows: number) =>
  Array.from({ length: 2 ** rows }, (_, bits) => (place: number) => ((bits >> place) & 1) === 1);

/** An order of which three payments were seen before, one of them orphaned since, and two were seen now. */
async function paidInParts() {
  const desk = createShopDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putOrder(testOrder());
  const [first, second, third, fourth, fifth] = ['p1', 'p2', 'p3', 'p4', 'p5'].map((id) =>
    testPayment(300_000, { id, order_id: orderId(1), status: 'detected' }),
  );
  if (!(first && second && third && fourth && fifth)) throw new Error('There are five');
  await desk.settle(orderId(1), [first, second, third]);
  const before = shopRows(desk.dynamo);
  await desk.settle(orderId(1), [{ ...second, status: 'orphaned' }, fourth, fifth]);
  return { desk, before };
}

describe('an order that is read while it is written', () => {
  it('is never seen with some of what was written with it, whichever rows are seen before the others', async () => {
    const { desk, before } = await paidInParts();
    const whole = await createOrderStore(desk.client, 'shop').find(orderId(1));
    expect(whole?.payments).toHaveLength(5);
    const seen = new Set<number | undefined>();
    for (const isOld of tears(4)) {
      const found = await createOrderStore(tearingClient(desk.dynamo, before, isOld), 'shop').find(orderId(1));
      seen.add(found?.payments.length);
      // All that was there before is a moment of its own.
      if (found?.payments.length !== 3) expect(found).toEqual(whole);
    }
    expect(seen).toEqual(new Set([5, 3]));
  });

  it('that is never seen whole is WRITE_CONFLICT', async () => {
    const { desk, before } = await paidInParts();
    const store = createOrderStore(
      tearingClient(desk.dynamo, before, (place) => place > 0, 12),
      'shop',
    );
    const error = await store.find(orderId(1)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HavenError);
    expect(error).toMatchObject({ code: 'WRITE_CONFLICT' });
  });

  it('is refunded once, though its refund is seen later than what the order became', async () => {
    for (const isOld of tears(2)) {
      const desk = createRefundDesk();
      desk.putProduct('TEE-M', [10]);
      await desk.putPaid();
      const before = shopRows(desk.dynamo);
      await desk.refund();
      const by = tearingClient(desk.dynamo, before, isOld);
      await expect(desk.refund({ to: OTHER_CUSTOMER }, { by })).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
      expect((await desk.read()).refunds).toHaveLength(1);
    }
  });

  it('names the rows of its last version and none of earlier ones', async () => {
    const desk = createRefundDesk();
    desk.putProduct('TEE-M', [10]);
    await desk.putPaid();
    const named = () => desk.rows('shop').find(({ sk }) => sk === 'ORDER')?.['rows_written'];
    const { id } = await desk.refund();
    expect(named()).toEqual([`REFUND#${id}`]);
    await desk.claim(OTHER_CUSTOMER).catch(() => undefined);
    await desk.settle(orderId(1), [testPayment(5, { id: 'late', order_id: orderId(1) })]);
    expect(named()).toEqual(['PAYMENT#late']);
    expect((await createRefundStore(desk.client, 'shop').read(orderId(1))).refunds).toHaveLength(1);
  });
});
