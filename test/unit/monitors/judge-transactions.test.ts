import { describe, expect, it } from 'vitest';
import type { RaisedCondition } from '#shared/monitors/condition.ts';
import { coveredByChain, judgePending } from '#shared/monitors/judge-pending.ts';
import { judgeFailed } from '#shared/monitors/judge-transactions.ts';
import { thresholdsSchema } from '#shared/monitors/thresholds.ts';
import { isoTime } from '#shared/platform/clock.ts';
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
