import { describe, expect, it } from 'vitest';
import type { LastStockReport } from '#shared/catalog/stock-report.ts';
import type { RaisedCondition } from '#shared/monitors/condition.ts';
import { judgeCircuits } from '#shared/monitors/judge-circuits.ts';
import { judgeAnchors, judgeDeadLetters } from '#shared/monitors/judge-custody.ts';
import { judgeBalances, judgeNonces } from '#shared/monitors/judge-lanes.ts';
import { judgeOverdue, judgeScanLag } from '#shared/monitors/judge-orders.ts';
import { judgeDrift, judgePool, sawAllStock } from '#shared/monitors/judge-stock.ts';
import { judgeSweeps } from '#shared/monitors/judge-sweeps.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import type { LowBalance } from '#shared/transactions/lane/low-balance.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const MINUTE_MS = 60_000;
const ago = (minutes: number) => isoTime(TEST_NOW_MS - minutes * MINUTE_MS);
/** What was found, as text: key, severity, category. */
const brief = (raised: readonly RaisedCondition[]) =>
  raised.map(({ key, severity, category }) => `${key} ${severity} ${category}`);
const LANE = `${TEST_CHAIN.chain_id}#${TEST_WALLET.address.toLowerCase()}`;

describe('lanes', () => {
  const low: LowBalance = {
    ...{ wallet_id: TEST_WALLET.id, chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address, state: 'open' },
    ...{ balance_wei: '1', threshold_wei: '5', transaction_id: null, missing_wei: null, opened_at: ago(3) },
    ...{ resolved_at: null, seen_at: null, version: 1 },
  };
  it.each([
    ['run low', low, [`balances_low:${LANE} WARNING balance_low`]],
    ['hold a transaction up', { ...low, transaction_id: 'tx_1' }, [`balances_low:${LANE} ERROR balance_low`]],
    ['are well again', { ...low, state: 'resolved' }, []],
  ] as const)('whose wallets %s', (_name, row, raised) => {
    expect(brief(judgeBalances([row]))).toEqual(raised);
  });

  const lane = newLane({ chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address }, TEST_WALLET.id);
  it.each([
    ['are well', lane, []],
    [
      'have a gap',
      { ...lane, gap: { nonce: 3, since_block: 9, first_block: 9 } },
      [`nonces:${LANE}:gap WARNING nonce_gap`],
    ],
    [
      'have a nonce that nobody can explain',
      { ...lane, unexplained: 3 },
      [`nonces:${LANE}:unexplained CRITICAL nonce_gap`],
    ],
    [
      'only saw a stranger use one',
      { ...lane, foreign: [{ nonce: 1, hash: null, transaction_id: null, at: ago(1) }] },
      [],
    ],
  ])('whose nonces %s', (_name, state, raised) => {
    expect(brief(judgeNonces([state]))).toEqual(raised);
  });

  it('are told of when it begins by who drives them, and by nobody else', () => {
    const raised = [
      ...judgeBalances([low]),
      ...judgeNonces([{ ...lane, unexplained: 3 }]),
      ...judgePool({ status: 'empty', since: ago(1), opened_at: ago(1), version: 1 }),
    ];
    expect(raised.map(({ isToldByItsOwner }) => isToldByItsOwner)).toEqual([true, true, true]);
  });
});

describe('circuits', () => {
  const circuit = (status: 'open' | 'closed' | 'half_open', minutes: number) => ({
    id: 'rpc:1:primary',
    state: {
      status,
      history: [
        { from: 'closed' as const, to: 'open' as const, at_ms: TEST_NOW_MS - minutes * MINUTE_MS, cause: 'timeout' },
      ],
    },
  });
  it.each([
    ['that are open are told of', circuit('open', 1), ['circuits:rpc:1:primary WARNING circuit_open']],
    ['that are tried are still open', circuit('half_open', 1), ['circuits:rpc:1:primary WARNING circuit_open']],
    ['that are closed are well', circuit('closed', 1), []],
    ['that nobody uses any more are nothing', circuit('open', 361), []],
    ["before integrators' endpoints are theirs to mend", { ...circuit('open', 1), id: 'webhook:whe_01jd' }, []],
  ])('%s', (_name, state, raised) => {
    expect(brief(judgeCircuits([state], TEST_NOW_MS).raised)).toEqual(raised);
  });

  it('that nobody uses any more, or that were never used, lapse; those that are closed do not', () => {
    const unused = { id: 'ses:email', state: { status: 'open' as const, history: [] } };
    const all = [circuit('open', 361), circuit('open', 1), circuit('closed', 361), unused];
    expect(judgeCircuits(all, TEST_NOW_MS).lapsed).toEqual(['circuits:rpc:1:primary', 'circuits:ses:email']);
  });
});

describe('orders, chains and sweeps', () => {
  const seconds = (minutes: number) => TEST_NOW_MS / 1_000 - minutes * 60;
  const read = (minutes: number) => ({
    chain_id: 1,
    name: 'Ethereum',
    cursor: { number: 9, timestamp_seconds: seconds(minutes) },
  });
  it.each([
    [
      'an overdue order',
      judgeOverdue([{ of: 1, orders: [{ id: 'ord_1', expires_at: ago(11) }], truncated: false }], 10),
      ['orders_overdue:1 ERROR alarm'],
    ],
    [
      'an overdue order of a processor',
      judgeOverdue([{ of: 'processor', orders: [{ id: 'ord_1', expires_at: ago(11) }], truncated: true }], 10),
      ['orders_overdue:processor ERROR alarm'],
    ],
    ['no overdue order', judgeOverdue([{ of: 1, orders: [], truncated: false }], 10), []],
    ['a chain that is read in time', judgeScanLag(read(5), 5, TEST_NOW_MS), []],
    ['a chain that is read late', judgeScanLag(read(6), 5, TEST_NOW_MS), ['scanner_lag:1 ERROR alarm']],
    ['a chain that is read very late', judgeScanLag(read(31), 5, TEST_NOW_MS), ['scanner_lag:1 CRITICAL alarm']],
    ['a chain that was never read', judgeScanLag({ ...read(1), cursor: undefined }, 5, TEST_NOW_MS), []],
    [
      'a sweep that is held up',
      judgeSweeps(
        [{ of: 'wallets', sweeps: [{ id: 'wal_1', waiting_for: 'funds', since: ago(61) }] }],
        60,
        TEST_NOW_MS,
      ),
      ['sweeps:wallets WARNING transaction_pending'],
    ],
    [
      'a sweep that gets on',
      judgeSweeps(
        [{ of: 'deposits:1', sweeps: [{ id: 'ord_1', waiting_for: null, since: ago(59) }] }],
        60,
        TEST_NOW_MS,
      ),
      [],
    ],
  ] as const)('%s', (_name, found, raised) => {
    expect(brief(found)).toEqual(raised);
  });
});

describe('stock, the pool, anchors and dead letters', () => {
  const drift = { sku: 'A', shard: 0, counted: 2, expected: 1, repaired: false };
  const report = (drifts: LastStockReport['drifts']): LastStockReport => ({
    ...{
      checked_at: ago(2),
      complete: true,
      shards: 3,
      drifts,
      moving: [],
      drift_count: drifts.length,
      moving_count: 0,
      by: 'x',
    },
  });
  const midnight = (hours: number) => isoTime(Math.floor(TEST_NOW_MS / 86_400_000) * 86_400_000 + hours * 3_600_000);
  it.each([
    ['drift of stock', judgeDrift(report([drift])), ['stock_drift ERROR stock_drift']],
    ['drift that was repaired', judgeDrift(report([{ ...drift, repaired: true }])), []],
    [
      'a pool that is low',
      judgePool({ status: 'low', since: ago(9), opened_at: ago(9), version: 2 }),
      ['deposit_pool WARNING alarm'],
    ],
    [
      'a pool that is empty',
      judgePool({ status: 'empty', since: ago(9), opened_at: ago(9), version: 2 }),
      ['deposit_pool ERROR alarm'],
    ],
    ['a pool that is filled', judgePool({ status: 'filled', since: ago(9), opened_at: null, version: 2 }), []],
    ['a pool that nobody has looked at', judgePool(undefined), []],
    ['a day that is anchored', judgeAnchors(midnight(0), 180, TEST_NOW_MS), []],
    ['a day that is not, early on the next', judgeAnchors(midnight(-24), 19 * 60, TEST_NOW_MS), []],
    [
      'a day that is not, late on the next',
      judgeAnchors(midnight(-24), 180, TEST_NOW_MS),
      ['audit_anchors ERROR security'],
    ],
    ['a part of today anchored by hand', judgeAnchors(midnight(3), 180, TEST_NOW_MS), []],
    ['a stage without anchors', judgeAnchors(undefined, 180, TEST_NOW_MS), []],
    [
      'dead letters',
      judgeDeadLetters([
        { queue: 'a-dlq', messages: 2 },
        { queue: 'b-dlq', messages: 0 },
      ]),
      ['dead_letters:a-dlq ERROR alarm'],
    ],
  ] as const)('%s', (_name, found, raised) => {
    expect(brief(found)).toEqual(raised);
  });

  it.each([
    ['came to its end', {}, true],
    ['ran out of time', { complete: false }, false],
    ['kept seeing buyers move shards', { moving_count: 1 }, false],
    ['found more than a report has', { drift_count: 2 }, false],
  ])('a look over stock that %s', (_what, change, sawAll) => {
    expect(sawAllStock({ ...report([drift]), ...change })).toBe(sawAll);
  });
});
