import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { refusal } from '#test/support/fakes/open-shop.ts';
import { createShardRival } from '#test/support/fakes/shard-rival.ts';
import { createShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

const IDEMPOTENCY = { recordKey: 'one-key', fingerprint: 'one' };

/** One piece that is in another shard whenever somebody wants to take it, a cart that wants it, and all that is stored but where the piece is. */
async function open() {
  const desk = createShopDesk();
  desk.fillPool();
  desk.putProduct('LAST', [1, 0]);
  const cart = await desk.putCart([{ sku: 'LAST', quantity: 1 }]);
  const rival = createShardRival(desk, 'LAST');
  const stored = () => ({
    shop: desk.rows('shop').filter(({ sk }) => sk !== 'STOCK'),
    others: (['ledger', 'audit', 'ephemeral', 'logs'] as const).map((table) => desk.rows(table)),
  });
  return { ...desk, cart, rival, stored };
}

describe('a checkout that others come before every time', () => {
  it('is given up after 40 tries, to be tried again after a second', async () => {
    const { checkOut, cart, rival } = await open();
    const refused = await refusal(() => checkOut(cart, {}, { idempotency: IDEMPOTENCY }));
    expect(refused).toMatchObject({ code: 'WRITE_CONFLICT', retryAfterSeconds: 1 });
    expect(rival.tries()).toBe(40);
  });

  it('waits between tries, never for long and never in step with others', async () => {
    const { checkOut, cart } = await open();
    const waits: number[] = [];
    const wait = async (ms: number) => {
      waits.push(ms);
    };
    await refusal(() => checkOut(cart, {}, {}, { wait }));
    expect(waits).toHaveLength(39);
    expect(Math.max(...waits)).toBeLessThanOrEqual(250);
    expect(new Set(waits).size).toBe(39);
  });

  it('is given up before its time has run out', async () => {
    const { checkOut, cart, rival, clock } = await open();
    const deadline = Deadline.in(1_000, clock.now);
    const wait = async () => {
      clock.advance(200);
    };
    const refused = await refusal(() => checkOut(cart, {}, { deadline }, { wait }));
    expect(refused.code).toBe('WRITE_CONFLICT');
    expect(rival.tries()).toBeLessThan(7);
  });

  it('leaves nothing: no order, wallet, notice, entry or answer, and the cart as it was', async () => {
    const desk = await open();
    const before = desk.stored();
    await refusal(() => desk.checkOut(desk.cart, {}, { idempotency: IDEMPOTENCY }));
    expect(desk.stored()).toEqual(before);
    expect(desk.orders()).toEqual([]);
    await expectShopLaws(desk);
  });

  it('is placed by the same request once they have gone', async () => {
    const desk = await open();
    await refusal(() => desk.checkOut(desk.cart, {}, { idempotency: IDEMPOTENCY }));
    desk.rival.leave();
    const placed = await desk.checkOut(desk.cart, {}, { idempotency: IDEMPOTENCY });
    expect(desk.orders()).toMatchObject([{ id: placed.id, status: 'awaiting_payment' }]);
    await expectShopLaws(desk);
  });
});
