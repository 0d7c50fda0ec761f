import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { orderId, TEST_DEADLINE_MS, testOrder, testPayment } from '#test/support/fakes/orders.ts';
import { createShopDesk, type ShopDesk } from '#test/support/fakes/shop-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

/** Something that may be killed, and what is to be when it was done. */
interface Killable {
  readonly what: string;
  open(): Promise<Opened>;
}

interface Opened {
  readonly desk: ShopDesk;
  /** Does it, by a process of that name. */
  run(name: string): Promise<unknown>;
  /** How all stands: the same as before, or the same as after. */
  state(): string;
}

const ID = orderId(1);

async function withOrder(status: 'awaiting_payment' | 'paid' | 'expired'): Promise<ShopDesk> {
  const desk = createShopDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putOrder(testOrder({ status }), status === 'paid' ? [testPayment(1_000_000)] : []);
  return desk;
}

/** All that an order is: itself, what it holds, what was said of it. */
function stateOf(desk: ShopDesk): string {
  const orders = desk.orders().map(({ status, stock, version, flags }) => ({ status, stock, version, flags }));
  const counts = desk
    .rows('shop')
    .flatMap(({ sk, available, reserved, sold }) => (sk === 'STOCK' ? [[available, reserved, sold]] : []));
  const notices = desk.rows('shop').filter(({ sk }) => sk === 'NOTICE').length;
  const alerts = desk.rows('logs').length;
  return JSON.stringify({ orders, counts, notices, alerts, entries: desk.rows('audit').length });
}

const KILLABLE: readonly Killable[] = [
  {
    what: 'a checkout',
    async open() {
      const desk = createShopDesk();
      desk.fillPool();
      desk.putProduct('TEE-M', [10]);
      desk.putProduct('MUG', [1, 1]);
      const cart = await desk.putCart([
        { sku: 'TEE-M', quantity: 2 },
        { sku: 'MUG', quantity: 2 },
      ]);
      const idempotency = { recordKey: 'one-key', fingerprint: 'one' };
      return {
        desk,
        run: (name) =>
          desk.checkOut(cart, { by: desk.crossing.client(name) }, { idempotency }).catch((error: unknown) => {
            if (!(error instanceof Error) || error.name !== 'IdempotentReplay') throw error;
          }),
        state: () => stateOf(desk),
      };
    },
  },
  {
    what: 'expiry',
    async open() {
      const desk = await withOrder('awaiting_payment');
      desk.clock.advance(TEST_DEADLINE_MS - desk.clock.now() + 60_000);
      return { desk, run: (name) => desk.expire(desk.crossing.client(name)), state: () => stateOf(desk) };
    },
  },
  {
    what: 'a cancellation',
    async open() {
      const desk = await withOrder('awaiting_payment');
      return { desk, run: asked(desk, 'cancelled'), state: () => stateOf(desk) };
    },
  },
  {
    what: 'a fulfilment',
    async open() {
      const desk = await withOrder('paid');
      return { desk, run: asked(desk, 'fulfilled'), state: () => stateOf(desk) };
    },
  },
  {
    what: 'the settling of a payment, by both steps at once',
    async open() {
      const desk = await withOrder('awaiting_payment');
      const payment = testPayment(1_000_000);
      return {
        desk,
        run: (name) => desk.settle(ID, [payment], desk.crossing.client(name)),
        state: () => stateOf(desk),
      };
    },
  },
  {
    what: 'the alert that money has gone',
    async open() {
      const desk = await withOrder('paid');
      const payment = testPayment(1_000_000);
      await desk.settle(ID, [payment]);
      return {
        desk,
        run: (name) => desk.settle(ID, [{ ...payment, status: 'orphaned' }], desk.crossing.client(name)),
        state: () => stateOf(desk),
      };
    },
  },
  {
    what: 'the acceptance of late money',
    async open() {
      const desk = await withOrder('expired');
      await desk.settle(ID, [testPayment(1_000_000, { block_at: isoTime(TEST_DEADLINE_MS + 1) })]);
      return {
        desk,
        run: (name) => refusedIsDone(desk.acceptLate(ID, desk.crossing.client(name))),
        state: () => stateOf(desk),
      };
    },
  },
];

function asked(desk: ShopDesk, to: 'cancelled' | 'fulfilled'): Opened['run'] {
  return (name) => refusedIsDone(desk.ask(ID, to, 'operator', desk.crossing.client(name)));
}

/** Who asks again for what was done already is told so. */
async function refusedIsDone(run: Promise<unknown>): Promise<void> {
  await run.catch((error: unknown) => {
    const isRefused = error instanceof Error && 'code' in error && error.code === 'INVALID_TRANSITION';
    if (!isRefused) throw error;
  });
}

describe.each(KILLABLE)('$what, killed at any access', ({ open }) => {
  it('is done whole or not at all, and the next one does it', async () => {
    const whole = await open();
    const before = whole.state();
    await whole.desk.crossing.run({ it: () => whole.run('it') }, () => 0);
    const after = whole.state();
    const accesses = whole.desk.crossing.taken.length;
    expect(after).not.toBe(before);
    expect(accesses).toBeGreaterThanOrEqual(2);
    const left = new Set<string>();
    for (let request = 0; request < accesses; request += 1) {
      for (const fate of ['die before', 'die after'] as const) {
        const one = await open();
        await one.desk.crossing.run({ it: () => one.run('it') }, () => 0, { request, fate });
        await expectShopLaws(one.desk);
        expect([before, after]).toContain(one.state());
        left.add(one.state());
        await one.run('again');
        await expectShopLaws(one.desk);
        expect(one.state()).toBe(after);
      }
    }
    // Some died before the one write, some after it.
    expect(left.size).toBe(2);
  });
});
