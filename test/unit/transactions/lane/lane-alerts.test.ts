import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { laneName, newLane } from '#shared/transactions/lane/lane.ts';
import { foreignUseAlert, lowBalanceAlert, nonceAlerts } from '#shared/transactions/lane/lane-alerts.ts';
import { LaneRaced } from '#shared/transactions/lane/lane-store.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { laneTables, TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { queued, TEST_WALLET, transactionId } from '#test/support/fakes/ledger-transactions.ts';

const AT = isoTime(TEST_NOW_MS);
const STAMP = { id: 'alr_1', at: AT };
const LANE = { ...newLane(TEST_LANE, TEST_WALLET.id), next_nonce: 9 };
const NAMES = { wallet_id: TEST_WALLET.id, ...TEST_LANE };
const USE = { nonce: 4, hash: '0xab', transaction_id: transactionId(1), at: AT };
const DEADLINE = Deadline.in(1_000, createFakeClock().now);
const CONDITION = {
  ...NAMES,
  state: 'open' as const,
  balance_wei: '5',
  threshold_wei: null,
  transaction_id: transactionId(1),
  missing_wei: '7',
  opened_at: AT,
  resolved_at: null,
  seen_at: AT,
  version: 1,
};

const newStamp = () => STAMP;

describe('an alert of a lane', () => {
  it('about nonces that others used is critical and names ten of them', () => {
    const uses = Array.from({ length: 12 }, (_, nonce) => ({ ...USE, nonce }));
    const alert = foreignUseAlert(LANE, uses, STAMP);
    expect(alert).toMatchObject({ id: 'alr_1', occurred_at: AT, severity: 'CRITICAL', category: 'security' });
    expect(alert.details).toMatchObject(NAMES);
    expect(alert.details['uses']).toEqual(
      uses.slice(0, 10).map(({ nonce, hash, transaction_id }) => ({ nonce, hash, transaction_id })),
    );
  });

  it.each([
    ['nothing new', {}, [], []],
    ['a gap that is closed', { gap: null, unexplained: null }, [], []],
    ['a gap', { gap: { nonce: 4, since_block: 70, first_block: 65 } }, [], [['WARNING', 'nonce_gap', '#gap#4#65']]],
    [
      'a gap of which nobody noted where it began',
      { gap: { nonce: 4, since_block: 70, first_block: null } },
      [],
      [['WARNING', 'nonce_gap', '#gap#4#70']],
    ],
    ['a nonce that nobody can explain', { unexplained: 4 }, [], [['CRITICAL', 'nonce_gap', `#unexplained#4#${AT}`]]],
    [
      'several nonces that others used',
      {},
      [{ ...USE, nonce: 6 }, USE, { ...USE, nonce: 5 }],
      [['CRITICAL', 'security', '#foreign#4-6']],
    ],
    [
      'all at once',
      { unexplained: 4, gap: { nonce: 7, since_block: 70, first_block: 70 } },
      [USE],
      [
        ['CRITICAL', 'security', '#foreign#4'],
        ['CRITICAL', 'nonce_gap', `#unexplained#4#${AT}`],
        ['WARNING', 'nonce_gap', '#gap#7#70'],
      ],
    ],
  ] as const)('tells of %s', (_name, patch, uses, expected) => {
    const alerts = nonceAlerts(LANE, patch, [...uses], newStamp);
    const prefix = laneName(LANE);
    expect(alerts.map(({ severity, category, dedupe_key }) => [severity, category, dedupe_key])).toEqual(
      expected.map(([severity, category, key]) => [severity, category, `${prefix}${key}`]),
    );
  });

  it('about money names what there is and what is missing, and is graver when a transaction waits', () => {
    expect(lowBalanceAlert(LANE, CONDITION, STAMP)).toMatchObject({
      severity: 'ERROR',
      category: 'balance_low',
      details: { ...NAMES, balance_wei: '5', missing_wei: '7', transaction_id: transactionId(1) },
    });
    const unasked = { ...CONDITION, transaction_id: null, missing_wei: null, threshold_wei: '100' };
    expect(lowBalanceAlert(LANE, unasked, STAMP)).toMatchObject({
      severity: 'WARNING',
      details: { threshold_wei: '100', missing_wei: null },
    });
  });
});

describe('a fact that operators must hear of', () => {
  it('is stored together with its alert, or neither is', async () => {
    const { store, dynamo, state } = laneTables([queued(1)]);
    const alert = foreignUseAlert(state, [USE], STAMP);
    const stale = { ...state, version: state.version + 1 };
    await caughtLater(LaneRaced, () => store.apply(stale, [], [], DEADLINE, { foreign: [USE] }, [alert]));
    expect(dynamo.items('logs')).toEqual([]);
    await store.apply(state, [], [], DEADLINE, { foreign: [USE] }, [alert]);
    expect(dynamo.items('logs')).toHaveLength(1);
  });

  it('such as a low balance is stored with its alert by one of two drivers', async () => {
    const { store, dynamo } = laneTables([queued(1)]);
    const tell = (id: string) =>
      store.putLowBalance(undefined, CONDITION, DEADLINE, lowBalanceAlert(TEST_LANE, CONDITION, { id, at: AT }));
    await tell('alr_1');
    await caughtLater(LaneRaced, () => tell('alr_2'));
    expect(dynamo.items('logs')).toHaveLength(1);
  });
});
