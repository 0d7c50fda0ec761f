import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSent } from '#shared/payments/refunds/refund.ts';
import { committedAmount, confirmedAmount, keptAmount } from '#shared/payments/refunds/refund-rules.ts';
import { type TransactionStatus, transactionStatusSchema } from '#shared/transactions/transaction.ts';
import { isFinal } from '#shared/transactions/transition.ts';
import type { Crossing } from '#test/support/fakes/crossing.ts';
import { orderId, testPayment } from '#test/support/fakes/orders.ts';
import { CUSTOMER, createRefundDesk, OTHER_CUSTOMER, type RefundDesk } from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

const ENDS = transactionStatusSchema.options.filter(isFinal);
const PAYMENTS = 4;

const wish = fc.record({
  kind: fc.constantFrom('order', 'excess'),
  amount: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }).map(String) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 1_500_000 }).map(String) },
  ),
  to: fc.constantFrom(CUSTOMER, CUSTOMER, OTHER_CUSTOMER, undefined),
});
/** What somebody does: an operator, or two; the customer; the scanner, which sees a payment or sees it gone; a lane; the outbox. */
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('refund' as const), wish }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('pay' as const),
      which: fc.nat(PAYMENTS - 1),
      amount: fc.constantFrom(400, 600_000, 1_000_000),
      status: fc.constantFrom('confirmed' as const, 'detected' as const, 'orphaned' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('end' as const), as: fc.constantFrom('confirmed' as const, ...ENDS) }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('deliver' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('claim' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('fulfil' as const) }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** Things that happen at once, let through access by access in an order that a seed decides; some are killed on the way. */
const round = fc.record({
  acts: fc.array(act, { minLength: 1, maxLength: 3 }),
  seed: fc.nat(),
  kill: fc.option(fc.record({ request: fc.nat(12), fate: fc.constantFrom('die before', 'die after') }), {
    nil: undefined,
    // As many rounds without.
    freq: 1,
  }),
});

const paymentId = (which: number) => `31337:0x${String(which).padStart(64, 'd')}:0`;

function doer(desk: RefundDesk, one: Act, by: ReturnType<Crossing['client']>): () => Promise<unknown> {
  if (one.does === 'refund') return () => desk.refund(one.wish, { by });
  if (one.does === 'claim') return () => desk.claim(OTHER_CUSTOMER, { by });
  if (one.does === 'fulfil') return () => desk.ask(orderId(1), 'fulfilled', 'operator', by);
  if (one.does === 'deliver') return () => desk.deliver(by);
  if (one.does === 'pay') {
    const { which, amount, status } = one;
    return () => desk.settle(orderId(1), [testPayment(amount, { id: paymentId(which), status })], by);
  }
  return async () => {
    const { refunds } = await desk.depsBy(by).refunds.read(orderId(1));
    const open = refunds.filter(isSent).find(({ status }) => status === 'pending');
    if (open !== undefined) await endOnce(desk, open.transaction_id, one.as, by);
  };
}

/** A lane ends a transaction once; here two may try. */
async function endOnce(desk: RefundDesk, id: string, as: TransactionStatus, by: ReturnType<Crossing['client']>) {
  await desk.endTransaction(id, as, {}, by).catch(() => undefined);
}

describe('refunds', () => {
  it('never give back more than was there, nor twice, whoever races, is killed, or ends how', async () => {
    let crossing: { readonly crossing: Crossing } | undefined;
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('paid' as const, 'expired' as const, 'cancelled' as const),
        fc.array(round, { minLength: 4, maxLength: 10 }),
        async (status, rounds) => {
          const desk = createRefundDesk(crossing);
          crossing = desk;
          desk.putProduct('TEE-M', [10]);
          await desk.putPaid({ status }, status === 'paid' ? [1_000_400] : [400]);
          for (const [n, { acts, seed, kill }] of rounds.entries()) {
            const before = await desk.read();
            const names = acts.map((_, at) => `${at}`);
            await desk.crossing.run(
              Object.fromEntries(acts.map((one, at) => [names[at], doer(desk, one, desk.crossing.client(`${at}`))])),
              seededRandom(seed + n),
              kill,
            );
            // What no reorg took away covers what is given back.
            const isLost = acts.some((one) => one.does === 'pay') || !isCovered(before);
            await expectRefundLaws(desk, { isLost });
            const { order, refunds } = await desk.read();
            seen.add(`order ${order.status}`);
            for (const one of refunds) seen.add(`${one.kind} ${one.status}`);
          }
        },
      ),
      { numRuns: 150, seed: 7 },
    );
    // The histories reach what they are about.
    for (const what of ['order confirmed', 'order failed', 'excess confirmed', 'order refunded', 'order fulfilled'])
      expect(seen).toContain(what);
  });
});

function isCovered({ order, payments, refunds }: Awaited<ReturnType<RefundDesk['read']>>): boolean {
  const back = committedAmount(refunds);
  return back === 0n || back + keptAmount(order) <= confirmedAmount(payments);
}
