import { describe, expect, it } from 'vitest';
import { orderId } from '#test/support/fakes/orders.ts';
import { createRefundDesk, OTHER_CUSTOMER, type RefundDesk } from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';

/** Something that may be killed at any access to the tables. */
interface Killable {
  readonly what: string;
  open(before: RefundDesk | undefined): Promise<RefundDesk>;
  /** Does it, by a process of that name; what was done already is refused. */
  run(desk: RefundDesk, name: string): Promise<unknown>;
}

async function paidDesk(before: RefundDesk | undefined, ...put: Parameters<RefundDesk['putPaid']>) {
  const desk = createRefundDesk(before);
  desk.putProduct('TEE-M', [10]);
  await desk.putPaid(...put);
  return desk;
}

/** Who asks again for what was done already is told so. */
async function refusedIsDone(run: Promise<unknown>): Promise<void> {
  await run.catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'INVALID_TRANSITION') return;
    if (error instanceof Error && error.name === 'IdempotentReplay') return;
    throw error;
  });
}

const idempotency = { recordKey: 'one-key', fingerprint: 'one' };
const asked = (desk: RefundDesk, name: string) =>
  refusedIsDone(desk.refund({}, { by: desk.crossing.client(name), idempotency }));

const KILLABLE: readonly Killable[] = [
  { what: 'a refund of an order', open: (before) => paidDesk(before), run: asked },
  {
    what: 'a refund of late money',
    open: (before) => paidDesk(before, { status: 'expired' }, [400, 20]),
    run: asked,
  },
  {
    what: 'a refund of the excess',
    open: (before) => paidDesk(before, {}, [1_000_400]),
    run: (desk, name) =>
      refusedIsDone(desk.refund({ kind: 'excess' }, { by: desk.crossing.client(name), idempotency })),
  },
  {
    what: 'a second refund after one that failed',
    async open(before) {
      const desk = await paidDesk(before);
      await desk.refunded('failed');
      return desk;
    },
    run: asked,
  },
  ...(['confirmed', 'reverted'] as const).map((end) => ({
    what: `the end of a refund whose transaction is ${end}`,
    async open(before: RefundDesk | undefined) {
      const desk = await paidDesk(before);
      const { transaction_id } = await desk.refund();
      await desk.endTransaction(transaction_id, end);
      return desk;
    },
    run: (desk: RefundDesk, name: string) => desk.deliver(desk.crossing.client(name)),
  })),
  {
    what: "a customer's claim of an address",
    open: (before) => paidDesk(before),
    async run(desk, name) {
      const by = desk.crossing.client(name);
      // Told the same twice it is a version more: who sees that it was said says it once.
      const { claimed } = await desk.depsBy(by).refunds.read(orderId(1));
      if (claimed === undefined) await desk.claim(OTHER_CUSTOMER, { by });
    },
  },
];

/** All that a refund is: the order and its money, what waits to be sent or told, what was said. */
async function stateOf(desk: RefundDesk): Promise<string> {
  const { order, refunds, claimed } = await desk.read(orderId(1));
  const rows = (table: 'shop' | 'ledger' | 'audit' | 'logs', sk: string) =>
    desk.rows(table).filter((row) => String(row['sk']).startsWith(sk)).length;
  return JSON.stringify({
    order: [order.status, order.stock, order.version],
    refunds: refunds.map(({ status, amount }) => [status, amount]),
    claimed: claimed?.address,
    stock: desk.rows('shop').flatMap(({ sk, available, reserved }) => (sk === 'STOCK' ? [[available, reserved]] : [])),
    transactions: rows('ledger', 'TX'),
    queued: rows('ledger', 'QUEUE#'),
    outbox: rows('ledger', 'OUTBOX'),
    notices: rows('shop', 'NOTICE'),
    alerts: rows('logs', 'ALERT'),
    entries: desk.rows('audit').length,
  });
}

describe.each(KILLABLE)('$what, killed at any access', ({ open, run }) => {
  it('is done whole or not at all, and the next one does it, once', async () => {
    const whole = await open(undefined);
    const before = await stateOf(whole);
    await whole.crossing.run({ it: () => run(whole, 'it') }, () => 0);
    const after = await stateOf(whole);
    const accesses = whole.crossing.taken.length;
    expect(after).not.toBe(before);
    expect(accesses).toBeGreaterThanOrEqual(2);
    const left = new Set<string>();
    for (let request = 0; request < accesses; request += 1) {
      for (const fate of ['die before', 'die after'] as const) {
        const one = await open(undefined);
        await one.crossing.run({ it: () => run(one, 'it') }, () => 0, { request, fate });
        await expectRefundLaws(one);
        expect([before, after]).toContain(await stateOf(one));
        left.add(await stateOf(one));
        await run(one, 'again');
        await expectRefundLaws(one);
        expect(await stateOf(one)).toBe(after);
      }
    }
    // Some died before the one write, some after it.
    expect(left.size).toBe(2);
  });
});
