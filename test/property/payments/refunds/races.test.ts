import { describe, expect, it } from 'vitest';
import { orderId, testPayment } from '#test/support/fakes/orders.ts';
import { CUSTOMER, createRefundDesk, OTHER_CUSTOMER, type RefundDesk } from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

/** Orders in which the requests of two processes can come, tried for each race. */
const INTERLEAVINGS = 200;
const SEEDS = Array.from({ length: INTERLEAVINGS }, (_, seed) => seed);
const ID = orderId(1);
const PAID = `31337:0x${'a'.repeat(63)}1:0`;

/** Clients for all runs. */
const shared = createRefundDesk();

async function open(...put: Parameters<RefundDesk['putPaid']>): Promise<RefundDesk> {
  const desk = createRefundDesk(shared);
  desk.putProduct('TEE-M', [10]);
  await desk.putPaid(...put);
  return desk;
}

/** What a process came to: `ok`, or the code of its refusal. */
function told(outcome: PromiseSettledResult<unknown> | undefined): string {
  if (outcome?.status === 'fulfilled') return 'ok';
  const reason: unknown = outcome?.reason;
  return typeof reason === 'object' && reason !== null && 'code' in reason ? String(reason.code) : String(reason);
}

type Doing = (by: RefundDesk['client']) => Promise<unknown>;

/** Lets two processes race, and says what each came to. */
async function raced(
  desk: RefundDesk,
  seed: number,
  one: Doing,
  other: Doing,
  laws: Parameters<typeof expectRefundLaws>[1] = {},
): Promise<string> {
  const outcomes = await desk.crossing.run(
    { one: () => one(desk.crossing.client('one')), other: () => other(desk.crossing.client('other')) },
    seededRandom(seed),
  );
  await expectRefundLaws(desk, laws);
  return `${told(outcomes['one'])} ${told(outcomes['other'])}`;
}

describe('in 200 interleavings', { timeout: 300_000 }, () => {
  it('two operators refund the same order: one does, the other is told', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const desk = await open();
      seen.add(
        await raced(
          desk,
          seed,
          (by) => desk.refund({ to: CUSTOMER }, { by }),
          (by) => desk.refund({ to: OTHER_CUSTOMER }, { by }),
        ),
      );
      expect((await desk.read()).refunds).toHaveLength(1);
      expect(desk.rows('ledger').filter(({ sk }) => sk === 'TX')).toHaveLength(1);
    }
    expect([...seen].toSorted()).toEqual(['INVALID_TRANSITION ok', 'ok INVALID_TRANSITION']);
  });

  it('one request and its repeat: one refund, and both are answered', async () => {
    const idempotency = { recordKey: 'one-key', fingerprint: 'one' };
    for (const seed of SEEDS) {
      const desk = await open();
      const ask: Doing = (by) =>
        desk.refund({}, { by, idempotency }).catch((error: unknown) => {
          // Either becomes the first answer, where the API looks for one (test/unit/functions/refunds-api.test.ts).
          const isAnswered = error instanceof Error && error.name === 'IdempotentReplay';
          const isRefused = error instanceof Error && 'code' in error && error.code === 'INVALID_TRANSITION';
          if (!isAnswered && !isRefused) throw error;
        });
      expect(await raced(desk, seed, ask, ask)).toBe('ok ok');
      expect((await desk.read()).refunds).toHaveLength(1);
    }
  });

  it('a reorg takes the only payment away: the refund came first, or is refused', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const desk = await open({ status: 'expired' }, [400]);
      const gone = testPayment(400, { id: PAID, status: 'orphaned', is_watched: false });
      const outcomes = await raced(
        desk,
        seed,
        (by) => desk.refund({}, { by }),
        (by) => desk.settle(ID, [gone], by),
        { isLost: true },
      );
      const { refunds } = await desk.read();
      seen.add(`${outcomes}: ${refunds.length}`);
    }
    expect([...seen].toSorted()).toEqual(['INVALID_TRANSITION ok: 0', 'ok ok: 1']);
  });

  it('more money comes as all is given back: it is given back too, or is left to be', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const desk = await open({ status: 'expired' }, [400]);
      const more = testPayment(30, { id: `31337:0x${'e'.repeat(64)}:0` });
      expect(
        await raced(
          desk,
          seed,
          (by) => desk.refund({}, { by }),
          (by) => desk.settle(ID, [more], by),
        ),
      ).toBe('ok ok');
      seen.add((await desk.read()).refunds.map(({ amount }) => amount).join());
    }
    expect([...seen].toSorted()).toEqual(['400', '430']);
  });

  it('the customer claims another address as the refund begins: it goes to the one that the operator saw, or to none', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const desk = await open();
      await desk.claim(CUSTOMER);
      const outcomes = await raced(
        desk,
        seed,
        (by) => desk.refund({ to: undefined, claimed_address: CUSTOMER }, { by }),
        (by) => desk.claim(OTHER_CUSTOMER, { by }),
      );
      const { refunds, claimed } = await desk.read();
      // Nothing goes to what nobody has looked at.
      expect(refunds.map(({ to }) => to)).toEqual(claimed?.address === CUSTOMER ? [CUSTOMER] : []);
      seen.add(outcomes);
    }
    expect([...seen].toSorted()).toEqual(['INVALID_ADDRESS ok', 'ok INVALID_TRANSITION']);
  });

  it('an order is fulfilled as it is refunded: one of both', async () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const desk = await open();
      seen.add(
        await raced(
          desk,
          seed,
          (by) => desk.refund({}, { by }),
          (by) => desk.ask(ID, 'fulfilled', 'operator', by),
        ),
      );
    }
    expect([...seen].toSorted()).toEqual(['INVALID_TRANSITION ok', 'ok INVALID_TRANSITION']);
  });

  it('the end is told twice at once, and a payment comes with it: it ends once, at the first delivery', async () => {
    for (const seed of SEEDS) {
      const desk = await open({ status: 'expired' }, [400]);
      const { transaction_id } = await desk.refund();
      await desk.endTransaction(transaction_id, 'confirmed');
      const more = testPayment(30, { id: `31337:0x${'e'.repeat(64)}:0` });
      const delivered: string[] = [];
      const twice: Doing = async (by) => {
        for (const found of await Promise.all([desk.deliver(by), desk.deliver(by)])) delivered.push(...found.values());
      };
      expect(await raced(desk, seed, twice, (by) => desk.settle(ID, [more], by))).toBe('ok ok');
      // Whoever lost against the payment has computed it anew.
      expect(delivered).not.toContain('failed');
      expect(delivered.filter((one) => one === 'delivered')).toHaveLength(1);
      expect((await desk.read()).refunds).toMatchObject([{ status: 'confirmed', version: 2 }]);
    }
  });
});
