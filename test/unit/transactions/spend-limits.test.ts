import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import type { Transaction, TransactionStatus } from '#shared/transactions/transaction.ts';
import { advance } from '#shared/transactions/transition.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { attemptOf, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { ether, LIMITED_TOKEN, storedPolicy, tokens } from '#test/support/fakes/policies.ts';
import { COIN, createSpendingDesk } from '#test/support/fakes/spending-desk.ts';

const HOUR_MS = 60 * 60 * 1000;
const BY = { actor: 'lane-worker', request_id: 'invocation-1' };
/** Limits value alone: at no price nothing is a fee. */
const daily = (amount: bigint, version = 1) =>
  storedPolicy({ max_value_per_day: [ether(amount)], max_fee_per_gas: '0' }, version);

/** Dozens of rivals are as many rounds, each of which waits its turn on a busy machine. */
const RIVALS_MS = 60_000;

async function outcomes(requests: readonly Promise<unknown>[]) {
  const settled = await Promise.allSettled(requests);
  const refusals = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  return { accepted: settled.length - refusals.length, refusals };
}

describe('a daily limit under concurrent requests', () => {
  it.each([
    [10n, '1', 10],
    [50n, '1', 50],
    [49n, '1', 49],
    [100n, '7', 14],
    [0n, '1', 0],
  ])(
    'of %i lets exactly as many of 50 requests of %s through as have room, whatever process they come to: %i',
    async (cap, value, room) => {
      const desk = createSpendingDesk(daily(cap));
      const processes = Array.from({ length: 5 }, () => desk.openProcess());
      const requests = processes.flatMap((one) => Array.from({ length: 10 }, () => one.accept({ value })));
      const { accepted, refusals } = await outcomes(requests);
      expect(accepted).toBe(room);
      for (const error of refusals) {
        expect(error).toMatchObject({ code: 'POLICY_VIOLATION', details: { rule: 'max_value_per_day' } });
      }
      expect(desk.spent() ?? 0n).toBe(BigInt(room) * BigInt(value));
    },
    RIVALS_MS,
  );

  it(
    'counts requests of different sizes to the unit',
    async () => {
      const desk = createSpendingDesk(daily(1_000n));
      const one = desk.openProcess();
      const values = Array.from({ length: 50 }, (_, n) => 17 + ((n * 31) % 59));
      const requests = values.map((value) => one.accept({ value: String(value) }));
      const accepted = (await Promise.allSettled(requests)).flatMap((result) =>
        result.status === 'fulfilled' ? [BigInt(result.value.value)] : [],
      );
      const total = accepted.reduce((sum, value) => sum + value, 0n);
      expect(desk.spent()).toBe(total);
      expect(total <= 1_000n).toBe(true);
      // Nothing that was refused would have had room at the end.
      expect(1_000n - total).toBeLessThan(76n);
    },
    RIVALS_MS,
  );

  it('counts what a repeated request takes once', async () => {
    const desk = createSpendingDesk(daily(1n));
    const one = desk.openProcess();
    await one.accept({}, 'IDEMPOTENCY#same');
    await caughtLater(HavenError, () => one.accept({}, 'IDEMPOTENCY#same'));
    expect(desk.spent()).toBe(1n);
    const roomy = createSpendingDesk(daily(5n));
    const other = roomy.openProcess();
    const same = await Promise.allSettled(Array.from({ length: 5 }, () => other.accept({}, 'IDEMPOTENCY#same')));
    const replays = same.filter((one) => one.status === 'rejected' && one.reason instanceof IdempotentReplay);
    expect(replays).toHaveLength(4);
    expect(roomy.spent()).toBe(1n);
  });
});

describe('a daily limit', () => {
  it('is free for a wallet without one: no row, and no call more', async () => {
    const desk = createSpendingDesk(storedPolicy({ max_value_per_transaction: [ether(5n)] }));
    const one = desk.openProcess();
    const transaction = await one.accept();
    expect(one.aws.requests.map(({ operation }) => operation)).toEqual(['BatchGetItem', 'TransactWriteItems']);
    expect(transaction.reservation).toBeUndefined();
    expect(desk.spent()).toBeUndefined();
  });

  it('costs one read more', async () => {
    const one = createSpendingDesk(daily(5n)).openProcess();
    await one.accept();
    await one.accept();
    expect(one.aws.requests.slice(-2).map(({ operation }) => operation)).toEqual([
      'BatchGetItem',
      'TransactWriteItems',
    ]);
  });

  it('of a token counts what the call moves; one request may count against two', async () => {
    const desk = createSpendingDesk(storedPolicy({ max_value_per_day: [ether(5n), tokens(8n)], max_fee_per_gas: '0' }));
    const one = desk.openProcess();
    const data = `0xa9059cbb${'0'.repeat(24)}${'ab'.repeat(20)}${'5'.padStart(64, '0')}`;
    await one.accept({ to: LIMITED_TOKEN, data, value: '2' });
    expect(desk.spent()).toBe(2n);
    expect(desk.spent(`31337:${LIMITED_TOKEN.toLowerCase()}`)).toBe(5n);
    const error = await caughtLater(HavenError, () => one.accept({ to: LIMITED_TOKEN, data, value: '2' }));
    expect(error.details).toMatchObject({ rule: 'max_value_per_day', limit: '8', taken: '5', amount: '5' });
    expect(desk.spent()).toBe(2n);
    expect(one.metrics.counts()).toMatchObject({ PolicyDenied: 1 });
  });

  it('counts what is open however long it has been, and what moved until 25 hours later at the latest, and 24 at least', async () => {
    const desk = createSpendingDesk(daily(1n));
    const one = desk.openProcess();
    const accepted = await one.accept();
    desk.clock.advance(50 * HOUR_MS);
    await caughtLater(HavenError, () => one.accept());
    await finish(desk, { ...accepted, status: 'mined' }, 'confirmed');
    desk.clock.advance(24 * HOUR_MS - 1);
    await caughtLater(HavenError, () => one.accept());
    desk.clock.advance(HOUR_MS + 1);
    await one.accept();
    expect(desk.spent()).toBe(1n);
  });

  it.each([
    ['as much gas as the policy lets one have', { max_gas: 30_000 }, '0x', 30_000n],
    ['that of a transfer without calldata', {}, '0x', 21_000n],
    ['what a call is assumed to need', {}, '0x12345678', 100_000n],
  ])('counts the highest fee too, of %s', async (_name, gasRule, data, gas) => {
    const rules = { max_value_per_day: [ether(1_000n + gas * 2n)], max_fee_per_gas: '2', ...gasRule };
    const desk = createSpendingDesk(storedPolicy(rules));
    const one = desk.openProcess();
    const { reservation } = await one.accept({ value: '1000', data });
    expect(reservation?.amounts).toEqual([{ asset: COIN, value: '1000', fee: String(gas * 2n) }]);
    const error = await caughtLater(HavenError, () => one.accept({ value: '0' }));
    expect(error.details).toMatchObject({ rule: 'max_value_per_day', taken: String(1_000n + gas * 2n) });
  });

  it(
    'lets exactly as many of 50 requests through as have room with their fees',
    async () => {
      const fee = 21_000n * 3n;
      const rules = { max_value_per_day: [ether(20n * (1_000n + fee) + fee)], max_fee_per_gas: '3' };
      const desk = createSpendingDesk(storedPolicy(rules));
      const processes = Array.from({ length: 5 }, () => desk.openProcess());
      const requests = processes.flatMap((one) => Array.from({ length: 10 }, () => one.accept({ value: '1000' })));
      const { accepted, refusals } = await outcomes(requests);
      expect([accepted, refusals.length]).toEqual([20, 30]);
      expect(desk.spent()).toBe(20n * (1_000n + fee));
    },
    RIVALS_MS,
  );
});

/** Stores the end of a transaction, from whatever state it is put in. */
async function finish(
  desk: ReturnType<typeof createSpendingDesk>,
  before: Transaction,
  to: TransactionStatus,
): Promise<void> {
  // The row as the lane would have it.
  desk.dynamo.put('ledger', { pk: `TX#${before.id}`, sk: 'TX', ...before });
  const transition = advance(before, to, {}, isoTime(desk.clock.now()), BY);
  const { store } = desk.openProcess();
  await store.apply(newLane(TEST_LANE, TEST_WALLET.id), [transition], [], Deadline.in(1_000, desk.clock.now));
}

describe('what a transaction took of a day', () => {
  const RULES = { max_value_per_day: [ether(90_000n)], max_fee_per_gas: '2' };
  const ATTEMPTS = [attemptOf(0, { max_fee_per_gas: '2' })];
  const inBlock = (price: string | null) => ({
    hash: ATTEMPTS[0]?.hash ?? '',
    block_number: 7,
    gas_used: '20000',
    effective_gas_price: price,
  });

  it.each<[TransactionStatus, TransactionStatus, Partial<Transaction>, bigint, string]>([
    ['queued', 'failed', {}, 0n, 'nothing: nothing was signed'],
    ['queued', 'expired', {}, 0n, 'nothing: nothing was signed'],
    ['queued', 'cancelled', {}, 0n, 'nothing: nothing was signed'],
    ['submitted', 'cancelled', {}, 0n, "nothing: a stranger's transaction has its nonce for good"],
    ['mined', 'cancelled', inBlock('1'), 20_000n, 'the fee of the no-op'],
    ['mined', 'expired', inBlock('1'), 20_000n, 'the fee of the no-op'],
    ['mined', 'reverted', inBlock('1'), 20_000n, 'the fee that it paid'],
    ['mined', 'reverted', inBlock(null), 40_000n, 'what its gas can have cost, where the node does not say'],
    ['mined', 'confirmed', inBlock('1'), 21_000n, 'its value and the fee that it paid'],
    ['mined', 'submitted', {}, 43_000n, 'all: it may come back'],
  ])('becomes, when it goes from %s to %s, %j, %i: %s', async (from, to, patch, left) => {
    const desk = createSpendingDesk(storedPolicy(RULES));
    const accepted = await desk.openProcess().accept({ value: '1000' });
    const signed = { nonce: 0, attempts: ATTEMPTS, ...patch };
    expect(desk.spent()).toBe(43_000n);
    await finish(desk, { ...accepted, status: from, ...(from === 'queued' ? {} : signed) }, to);
    expect(desk.spent()).toBe(left);
    expect(desk.rowOf({ pk: `TX#${accepted.id}`, sk: 'TX' })).toMatchObject({ status: to });
    // What moved counts for a day from then on, and what is open without end.
    desk.clock.advance(25 * HOUR_MS);
    expect(desk.spent()).toBe(left === 43_000n ? left : 0n);
  });

  it('takes nothing from others when it ends and was counted by the hour, as rows of before are', async () => {
    const desk = createSpendingDesk(storedPolicy(RULES));
    const one = desk.openProcess();
    const [old] = [await one.accept({ value: '1000' }), await one.accept({ value: '1000' })];
    await finish(
      desk,
      { ...old, reservation: { policy_version: 1, amounts: [], ...old.reservation, hour: 3 } },
      'failed',
    );
    expect(desk.spent()).toBe(86_000n);
  });

  it(
    'is given back once, while others are being accepted',
    async () => {
      const desk = createSpendingDesk(daily(30n));
      const one = desk.openProcess();
      const first = await Promise.all(Array.from({ length: 20 }, () => one.accept()));
      const { store } = desk.openProcess();
      const fails = first.map((transaction) => advance(transaction, 'failed', {}, isoTime(desk.clock.now()), BY));
      const lane = newLane(TEST_LANE, TEST_WALLET.id);
      const deadline = Deadline.in(10_000, desk.clock.now);
      const { accepted } = await outcomes([
        ...Array.from({ length: 10 }, () => one.accept()),
        store.apply(lane, fails.slice(0, 10), [], deadline),
        store.apply(lane, fails.slice(10), [], deadline),
      ]);
      expect(accepted).toBe(12);
      expect(desk.spent()).toBe(10n);
    },
    RIVALS_MS,
  );
});
