import { describe, expect, it } from 'vitest';
import type { LastStockReport } from '#shared/catalog/stock-report.ts';
import type { RaisedCondition } from '#shared/monitors/condition.ts';
import { type GasBaseline, judgeGasPrice, MIN_SAMPLES, withSample } from '#shared/monitors/gas-baseline.ts';
import { judgeCircuits } from '#shared/monitors/judge-circuits.ts';
import { judgeAnchors, judgeDeadLetters } from '#shared/monitors/judge-custody.ts';
import { judgeBalances, judgeNonces } from '#shared/monitors/judge-lanes.ts';
import { judgeOverdue, judgeScanLag } from '#shared/monitors/judge-orders.ts';
import { coveredByChain, judgePending } from '#shared/monitors/judge-pending.ts';
import { judgeDrift, judgePool, sawAllStock } from '#shared/monitors/judge-stock.ts';
import { judgeSweeps } from '#shared/monitors/judge-sweeps.ts';
import { judgeFailed } from '#shared/monitors/judge-transactions.ts';
import { thresholdsSchema } from '#shared/monitors/thresholds.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import type { LowBalance } from '#shared/transactions/lane/low-balance.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { queued, TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const MINUTE_MS = 60_000;
const ago = (minutes: number) => isoTime(TEST_NOW_MS - minutes * MINUTE_MS);
/** What was found, as text: key, severity, category. */
const brief = (raised: readonly RaisedCondition[]) =>
  raised.map(({ key, severity, category }) => `${key} ${severity} ${category}`);
const THRESHOLDS = thresholdsSchema.parse({});
const LANE = `${TEST_CHAIN.chain_id}#${TEST_WALLET.address.toLowerCase()}`;
const OTHER_ADDRESS = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

describe('transactions that are pending', () => {
  // Three confirmations of a minute each.
  const chain = { chain_id: TEST_CHAIN.chain_id, required_confirmations: 3, block_time_ms: MINUTE_MS };
  it.each([
    ['are no matter up to the threshold', { created_at: ago(5) }, []],
    ['are stuck beyond it', { created_at: ago(5.1) }, [`transactions_pending:${LANE} WARNING transaction_pending`]],
    [
      'are a grave matter beyond six times that',
      { created_at: ago(31) },
      [`transactions_pending:${LANE} ERROR transaction_pending`],
    ],
    ['have the time of their confirmations once they are mined', { created_at: ago(7.9), status: 'mined' }, []],
    [
      'are stuck beyond those, too',
      { created_at: ago(8.1), status: 'mined' },
      [`transactions_pending:${LANE} WARNING transaction_pending`],
    ],
    ['for want of funds are told of by their lane', { created_at: ago(60), waiting_for: 'funds' }, []],
    [
      'for fees are told of',
      { created_at: ago(6), waiting_for: 'fees' },
      [`transactions_pending:${LANE} WARNING transaction_pending`],
    ],
  ] as const)('%s', (_name, change: Partial<Transaction>, raised) => {
    expect(brief(judgePending([queued(1, change)], [chain], THRESHOLDS, TEST_NOW_MS))).toEqual(raised);
  });

  it('are one condition for each lane, which names the oldest ten and counts the others', () => {
    const mine = Array.from({ length: 12 }, (_, n) => queued(n + 1, { created_at: ago(20) }));
    const [first, ...others] = judgePending(
      [...mine, queued(50, { from: OTHER_ADDRESS, created_at: ago(9) })],
      [],
      THRESHOLDS,
      TEST_NOW_MS,
    );
    expect(others).toHaveLength(1);
    expect(first?.details).toMatchObject({ count: 12, wallet_id: TEST_WALLET.id, transactions: { length: 10 } });
  });
});

describe('transactions behind one that waits for funds', () => {
  const old = { created_at: ago(20) };
  it('are told of by their lane, with it', () => {
    const open = [queued(1, { ...old, waiting_for: 'funds' }), queued(2, old), queued(3, old)];
    expect(judgePending(open, [], THRESHOLDS, TEST_NOW_MS)).toEqual([]);
  });

  it('are no excuse for what is before it, or in other lanes', () => {
    const open = [
      queued(1, { ...old, status: 'submitted' }),
      queued(2, { ...old, waiting_for: 'funds' }),
      queued(3, old),
    ];
    const [found, ...others] = judgePending(
      [...open, queued(4, { ...old, from: OTHER_ADDRESS })],
      [],
      THRESHOLDS,
      TEST_NOW_MS,
    );
    expect(others).toHaveLength(1);
    expect(found?.details).toMatchObject({ count: 1, transactions: [{ transaction_id: queued(1).id }] });
  });
});

describe('lanes of one chain that are stuck', () => {
  const stuck = (lanes: number, minutes = 9) =>
    Array.from({ length: lanes }, (_, n) =>
      queued(n + 1, { from: `0x${String(n).padStart(40, '0')}`, created_at: ago(minutes) }),
    );
  const CHAIN = `transactions_pending:${TEST_CHAIN.chain_id}`;

  it('are a condition each while they are few, and one of their chain when they are many', () => {
    expect(judgePending(stuck(THRESHOLDS.halted_chain_lanes - 1), [], THRESHOLDS, TEST_NOW_MS)).toHaveLength(
      THRESHOLDS.halted_chain_lanes - 1,
    );
    const [found, ...others] = judgePending(
      [...stuck(30), queued(99, { chain_id: 1, created_at: ago(31) })],
      [],
      THRESHOLDS,
      TEST_NOW_MS,
    );
    expect(found).toMatchObject({ key: CHAIN, details: { wallet_count: 30, count: 30, wallets: { length: 10 } } });
    expect(others.map(({ key }) => key)).toEqual([`transactions_pending:1#${TEST_WALLET.address.toLowerCase()}`]);
  });

  it('stay one condition until one is stuck at most, which ends those of single lanes without a word', () => {
    const before = judgePending(stuck(2), [], THRESHOLDS, TEST_NOW_MS).map(({ key }) => key);
    const many = judgePending(stuck(9), [], THRESHOLDS, TEST_NOW_MS, before);
    expect(coveredByChain(many, [...before, 'transactions_pending:1#0x1'])).toEqual(before);
    const few = judgePending(stuck(2), [], THRESHOLDS, TEST_NOW_MS, [CHAIN]);
    expect(few.map(({ key }) => key)).toEqual([CHAIN]);
    expect(coveredByChain(few, [CHAIN])).toEqual([]);
    const last = judgePending(stuck(1), [], THRESHOLDS, TEST_NOW_MS, [CHAIN]);
    expect(last.map(({ key }) => key)).toEqual(before.slice(0, 1));
  });
});

describe('transactions that failed', () => {
  const failed = (n: number, change: Partial<Transaction> = {}) =>
    queued(n, { status: 'failed', updated_at: ago(1), ...change });
  const [CHAIN_FAILED, CHAIN_REVERTED] = [
    `transactions_failed:${TEST_CHAIN.chain_id}:failed`,
    `transactions_failed:${TEST_CHAIN.chain_id}:reverted`,
  ];
  it.each([
    ['lately are told of', [failed(1)], [`${CHAIN_FAILED} WARNING transaction_failed`]],
    [
      'are told of until window and cool-down are over',
      [failed(1, { updated_at: ago(75) })],
      [`${CHAIN_FAILED} WARNING transaction_failed`],
    ],
    ['before that are not', [failed(1, { updated_at: ago(76) })], []],
    [
      'that are many only with those before the window are no grave matter',
      Array.from({ length: 8 }, (_, n) => failed(n + 1, { updated_at: ago(n * 4) })),
      [`${CHAIN_FAILED} WARNING transaction_failed`],
    ],
    ['are told of by their refund', [failed(1, { watcher: 'refund:ord_1/rfd_1' })], []],
    [
      'are a grave matter when they are many',
      Array.from({ length: 5 }, (_, n) => failed(n + 1)),
      [`${CHAIN_FAILED} ERROR transaction_failed`],
    ],
    [
      'and that reverted are two things',
      [failed(1), failed(2, { status: 'reverted' })],
      [`${CHAIN_FAILED} WARNING transaction_failed`, `${CHAIN_REVERTED} WARNING transaction_failed`],
    ],
  ] as const)('%s', (_name, transactions, raised) => {
    expect(brief(judgeFailed(transactions, THRESHOLDS, TEST_NOW_MS))).toEqual(raised);
  });
});

describe('the gas price', () => {
  const GWEI = 1_000_000_000n;
  const chain = { chain_id: 1, name: 'Ethereum', max_fee_per_gas_wei: (500n * GWEI).toString() };
  const usual = (...gwei: readonly number[]): GasBaseline => ({
    samples: gwei.map((price, index) => ({
      at_ms: TEST_NOW_MS - (gwei.length - index) * MINUTE_MS,
      wei: (BigInt(price) * GWEI).toString(),
    })),
    version: 1,
  });
  const tens = usual(...Array.from({ length: MIN_SAMPLES }, () => 10));
  it.each([
    ['below the threshold is no spike', 19n * GWEI, tens, []],
    ['at the threshold is a spike', 20n * GWEI, tens, ['gas_price:1 WARNING gas_price_spike']],
    ['above what Haven offers is a grave one', 501n * GWEI, tens, ['gas_price:1 ERROR gas_price_spike']],
    ['of which too little is known is none', 100n * GWEI, usual(10, 10, 10), []],
    ['of which nothing is known is none', 100n * GWEI, undefined, []],
    [
      'that is next to nothing is none',
      900_000n,
      { samples: tens.samples.map(({ at_ms }) => ({ at_ms, wei: '7' })), version: 1 },
      [],
    ],
    [
      'is held against the median, whatever single samples say',
      20n * GWEI,
      usual(1, 1, 10, 10, 10, 10, 10, 10, 900, 900, 900),
      ['gas_price:1 WARNING gas_price_spike'],
    ],
    [
      'is not held against what is older than an hour',
      20n * GWEI,
      { samples: tens.samples.map(({ at_ms, wei }) => ({ at_ms: at_ms - 60 * MINUTE_MS, wei })), version: 1 },
      [],
    ],
  ] as const)('%s', (_name, price, before, raised) => {
    expect(brief(judgeGasPrice(chain, price, before, THRESHOLDS, TEST_NOW_MS))).toEqual(raised);
  });

  it('that lasts for more than half an hour is the new baseline', () => {
    let baseline: GasBaseline | undefined;
    const spikes = Array.from({ length: 120 }, (_, minute) => {
      const nowMs = TEST_NOW_MS + minute * MINUTE_MS;
      const price = (minute < 60 ? 10n : 30n) * GWEI;
      const isSpike = judgeGasPrice(chain, price, baseline, THRESHOLDS, nowMs).length > 0;
      baseline = withSample(baseline, price, nowMs) ?? baseline;
      return isSpike ? [minute] : [];
    }).flat();
    expect([spikes[0], spikes.at(-1)]).toEqual([60, 89]);
    expect(baseline?.samples).toHaveLength(60);
  });

  it.each([1, 2, 4, 5, 6, 7, 10, 12, 15])('is judged where it is looked at each %s minutes', (every) => {
    let baseline: GasBaseline | undefined;
    let raised = 0;
    for (let look = 0; look < 80; look += 1) {
      const nowMs = TEST_NOW_MS + look * every * MINUTE_MS;
      const price = (look < 70 ? 10n : 100n) * GWEI;
      const thresholds = { ...THRESHOLDS, monitor_interval_minutes: every };
      const found = judgeGasPrice(chain, price, baseline, thresholds, nowMs).length;
      if (look < 70) expect(found).toBe(0);
      raised += found;
      baseline = withSample(baseline, price, nowMs) ?? baseline;
    }
    expect(raised).toBeGreaterThan(0);
  });

  it('above what Haven offers is a grave matter for as long as it lasts, and where nothing is known of what is usual', () => {
    let baseline: GasBaseline | undefined;
    for (let minute = 0; minute < 150; minute += 1) {
      const nowMs = TEST_NOW_MS + minute * MINUTE_MS;
      const price = (minute < 120 ? 501n : 500n) * GWEI;
      const found = brief(judgeGasPrice(chain, price, baseline, THRESHOLDS, nowMs));
      expect(found).toEqual(minute < 120 ? ['gas_price:1 ERROR gas_price_spike'] : []);
      baseline = withSample(baseline, price, nowMs) ?? baseline;
    }
    expect(judgeGasPrice(chain, 501n * GWEI, undefined, THRESHOLDS, TEST_NOW_MS)[0]).toMatchObject({
      summary: expect.stringMatching(/usual: not known/),
      details: { baseline_wei: null },
    });
  });

  it('is sampled once by runs that are repeated', () => {
    expect(withSample(usual(10), 10n, TEST_NOW_MS - MINUTE_MS + 1_000)).toBeUndefined();
  });
});

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
    ['have a gap', { ...lane, gap: { nonce: 3, since_block: 9 } }, [`nonces:${LANE}:gap WARNING nonce_gap`]],
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
      ...judgePool({ status: 'empty', since: ago(1), version: 1 }),
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
    ['a pool that is low', judgePool({ status: 'low', since: ago(9), version: 2 }), ['deposit_pool WARNING alarm']],
    ['a pool that is empty', judgePool({ status: 'empty', since: ago(9), version: 2 }), ['deposit_pool ERROR alarm']],
    ['a pool that is filled', judgePool({ status: 'filled', since: ago(9), version: 2 }), []],
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
