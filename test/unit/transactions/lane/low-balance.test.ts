import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import { LaneRaced } from '#shared/transactions/lane/lane-store.ts';
import { type LowBalance, lowBalanceItem, nextLowBalance } from '#shared/transactions/lane/low-balance.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { laneTables, TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { queued, TEST_CHAIN, TEST_WALLET, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { ether, storedPolicy } from '#test/support/fakes/policies.ts';
import { TEST_TOP_UP } from '#test/support/fakes/top-up-desk.ts';
import { createLaneBench } from '#test/support/model/lane-bench.ts';

const LANE = newLane(TEST_LANE, TEST_WALLET.id);
const AT = isoTime(TEST_NOW_MS);
const LATER = isoTime(TEST_NOW_MS + 60_000);
const POLICY = storedPolicy({ balance: { low: [ether(100n)], top_up: [] } });
const SHORTFALL = { transactionId: transactionId(1), missingWei: '7' };

const look = (balanceWei: bigint, shortfall: typeof SHORTFALL | null = null) => ({ lane: LANE, balanceWei, shortfall });
const unsent = (balanceWei: bigint) => ({ lane: LANE, balanceWei, shortfall: undefined });

describe('a low balance', () => {
  it.each([
    ['no threshold and nothing that waits', undefined, look(0n)],
    ['a balance at the threshold', POLICY, look(100n)],
    [
      'a threshold of another chain',
      storedPolicy({ balance: { low: [{ ...ether(100n), chain_id: 1 }], top_up: [] } }),
      look(0n),
    ],
    ['a look that did not try to send', undefined, unsent(0n)],
  ])('is none with %s', (_name, policy, seen) => {
    expect(nextLowBalance(undefined, policy, seen, AT)).toBeUndefined();
  });

  it('opens below the threshold', () => {
    expect(nextLowBalance(undefined, POLICY, look(99n), AT)).toEqual({
      wallet_id: TEST_WALLET.id,
      chain_id: TEST_CHAIN.chain_id,
      address: TEST_WALLET.address,
      state: 'open',
      balance_wei: '99',
      threshold_wei: '100',
      transaction_id: null,
      missing_wei: null,
      opened_at: AT,
      resolved_at: null,
      seen_at: AT,
      version: 1,
    });
  });

  it('opens when a transaction waits for funds, names what is missing, and resolves when none waits', () => {
    const opened = nextLowBalance(undefined, undefined, look(5n, SHORTFALL), AT);
    expect(opened).toMatchObject({ state: 'open', transaction_id: transactionId(1), missing_wei: '7' });
    const resolved = nextLowBalance(opened, undefined, look(500n), LATER);
    expect(resolved).toMatchObject({ state: 'resolved', opened_at: AT, resolved_at: LATER, version: 2 });
    expect(nextLowBalance(resolved, undefined, look(500n), LATER)).toBeUndefined();
    expect(nextLowBalance(resolved, undefined, look(5n, SHORTFALL), LATER)).toMatchObject({
      opened_at: LATER,
      version: 3,
    });
  });

  it('is not written again while only amounts move, nor by a look that did not try to send', () => {
    const opened = nextLowBalance(undefined, POLICY, look(5n, SHORTFALL), AT);
    expect(nextLowBalance(opened, POLICY, look(6n, { ...SHORTFALL, missingWei: '8' }), LATER)).toBeUndefined();
    expect(nextLowBalance(opened, POLICY, unsent(6n), LATER)).toBeUndefined();
  });

  it('that is topped up says its amounts anew each minute, and only such as one look saw', () => {
    const policy = storedPolicy({ balance: { low: [ether(100n)], top_up: [TEST_TOP_UP] } });
    const opened = nextLowBalance(undefined, policy, look(5n, SHORTFALL), AT);
    const seen = { ...SHORTFALL, missingWei: '8' };
    expect(opened).toMatchObject({ seen_at: AT });
    expect(nextLowBalance(opened, policy, look(6n, seen), isoTime(TEST_NOW_MS + 59_999))).toBeUndefined();
    expect(nextLowBalance(opened, policy, unsent(6n), LATER)).toBeUndefined();
    expect(nextLowBalance(opened, policy, look(6n, seen), LATER)).toMatchObject({
      balance_wei: '6',
      missing_wei: '8',
      opened_at: AT,
      seen_at: LATER,
      version: 2,
    });
    const other = storedPolicy({ balance: { low: [ether(200n)], top_up: [TEST_TOP_UP] } });
    expect(nextLowBalance(opened, other, unsent(6n), LATER)).toMatchObject({ threshold_wei: '200', seen_at: AT });
  });

  it('stays open below the threshold when nothing waits any more', () => {
    const opened = nextLowBalance(undefined, POLICY, look(5n, SHORTFALL), AT);
    expect(nextLowBalance(opened, POLICY, look(99n), LATER)).toMatchObject({
      state: 'open',
      transaction_id: null,
      missing_wei: null,
      opened_at: AT,
    });
  });
});

describe('a driver', () => {
  it('opens it once for a lane that waits for funds, and resolves it when they come', async () => {
    const bench = createLaneBench({ balanceWei: 0n });
    bench.accept(1);
    await bench.run(6_000);
    await bench.run(6_000);
    expect(bench.ledger.lowBalance).toMatchObject({
      state: 'open',
      transaction_id: transactionId(1),
      balance_wei: '0',
      version: 1,
    });
    expect(bench.metrics.counts()).toMatchObject({ BalanceLow: 1, AlertRecorded: 1 });
    expect(bench.log.of('BALANCE_LOW')).toHaveLength(1);
    bench.chain.credit(10n ** 18n);
    await bench.run();
    expect(bench.transaction(1).status).toBe('confirmed');
    expect(bench.ledger.lowBalance).toMatchObject({ state: 'resolved', version: 2 });
  });

  it('tells of a wallet that is low, and once more when a transaction begins to wait for it', async () => {
    const bench = createLaneBench({ balanceWei: 0n });
    bench.ledger.lowBalance = nextLowBalance(undefined, POLICY, look(99n), AT);
    bench.accept(1);
    await bench.run(6_000);
    await bench.run(6_000);
    expect(bench.ledger.lowBalance).toMatchObject({ state: 'open', opened_at: AT, transaction_id: transactionId(1) });
    expect(bench.log.of('ALERT_RECORDED')).toMatchObject([{ severity: 'ERROR', category: 'balance_low' }]);
    expect(bench.metrics.counts()).toMatchObject({ BalanceLow: 1, AlertRecorded: 1 });
  });
});

describe('a condition in the table', () => {
  const opened: LowBalance = {
    wallet_id: TEST_WALLET.id,
    chain_id: TEST_CHAIN.chain_id,
    address: TEST_WALLET.address,
    state: 'open',
    balance_wei: '0',
    threshold_wei: null,
    transaction_id: transactionId(1),
    missing_wei: '1',
    opened_at: AT,
    resolved_at: null,
    seen_at: AT,
    version: 1,
  };
  const deadline = Deadline.in(1_000, createFakeClock().now);

  it('comes with its lane, and is listed as long as it is open', async () => {
    const { store } = laneTables([queued(1)]);
    await store.putLowBalance(undefined, opened, deadline);
    expect((await store.load(TEST_LANE))?.lowBalance).toEqual(opened);
    expect(lowBalanceItem(opened)).toMatchObject({ gsi1pk: 'LOW_BALANCES' });
    expect(lowBalanceItem({ ...opened, state: 'resolved' })).not.toHaveProperty('gsi1pk');
  });

  it('is written by one of two drivers', async () => {
    const { store } = laneTables([queued(1)]);
    await store.putLowBalance(undefined, opened, deadline);
    await caughtLater(LaneRaced, () => store.putLowBalance(undefined, opened, deadline));
    await store.putLowBalance(opened, { ...opened, version: 2 }, deadline);
    await caughtLater(LaneRaced, () => store.putLowBalance(opened, { ...opened, version: 2 }, deadline));
  });
});
