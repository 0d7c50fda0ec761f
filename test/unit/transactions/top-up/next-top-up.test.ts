import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import {
  FIRST_WAIT_MS,
  MAX_LOOK_AGE_MS,
  MAX_WAIT_MS,
  MAX_WASTED,
  nextTopUp,
  type TopUp,
  type TopUpSituation,
  topUpReference,
} from '#shared/transactions/top-up/next-top-up.ts';
import type { Transaction, TransactionStatus } from '#shared/transactions/transaction.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { attemptOf, queued, TEST_CHAIN, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { lowBalance, poorWallet, TEST_TOP_UP } from '#test/support/fakes/top-up-desk.ts';

const NOW = TEST_NOW_MS;
const at = (ms: number) => isoTime(NOW + ms);
const send = (valueWei: bigint, attempt = 1, wasted = 0) => ({ kind: 'send', valueWei, attempt, wasted });
const none = (why: string) => ({ kind: 'none', why });

function last(overrides: Partial<TopUp> = {}): TopUp {
  return {
    wallet_id: poorWallet().id,
    chain_id: TEST_CHAIN.chain_id,
    opened_at: at(0),
    attempt: 1,
    wasted: 0,
    transaction_id: transactionId(1),
    version: 1,
    ...overrides,
  };
}

const ended = (status: TransactionStatus, atMs: number, overrides: Partial<Transaction> = {}): Transaction =>
  queued(1, { status, updated_at: at(atMs), ...overrides });

const situation = (overrides: Partial<TopUpSituation> = {}): TopUpSituation => ({
  condition: lowBalance(),
  rule: TEST_TOP_UP,
  status: 'active',
  last: undefined,
  transaction: undefined,
  stillWaits: true,
  ...overrides,
});

describe('the first top-up', () => {
  it.each([
    ['brings the balance to where the policy says', {}, send(900n)],
    ['is what a transaction lacks if that is more', { missing_wei: '901' }, send(901n)],
    ['is what the policy says if a transaction lacks less', { missing_wei: '899' }, send(900n)],
    ['is what a transaction lacks above that balance', { balance_wei: '5000', missing_wei: '7' }, send(7n)],
    ['is none when the wallet has enough', { balance_wei: '1000' }, none('covered')],
    ['is none when it is over', { state: 'resolved' }, none('resolved')],
    ['is none when nobody has looked', { seen_at: null }, none('stale')],
    ['is decided by a look that is just young enough', { seen_at: at(-MAX_LOOK_AGE_MS) }, send(900n)],
    ['is not decided by an older one', { seen_at: at(-MAX_LOOK_AGE_MS - 1) }, none('stale')],
  ] as const)('%s', (_name, condition, decision) => {
    expect(nextTopUp(situation({ condition: lowBalance(condition) }), NOW)).toEqual(decision);
  });
});

describe('a transaction that the condition names and that has ended since', () => {
  it.each([
    ['lacks nothing any more', { missing_wei: '5000' }, send(900n)],
    ['was all that made it low', { threshold_wei: null, missing_wei: '5000' }, none('covered')],
    ['leaves a wallet that is not low without a threshold', { balance_wei: '500', missing_wei: '1' }, none('covered')],
  ] as const)('%s', (_name, condition, decision) => {
    const ofEnded = situation({ condition: lowBalance({ transaction_id: transactionId(2), ...condition }) });
    expect(nextTopUp({ ...ofEnded, stillWaits: false }, NOW)).toEqual(decision);
  });
});

describe('a wallet that takes on nothing new', () => {
  it.each([
    ['revoked: is sent nothing, because nobody could send it on', 'revoked', { missing_wei: '901' }, none('revoked')],
    ['rotated: is sent what a transaction lacks, and no more', 'rotated', { missing_wei: '7' }, send(7n)],
    ['rotated: is not filled up', 'rotated', {}, none('covered')],
  ] as const)('%s', (_name, status, condition, decision) => {
    expect(nextTopUp(situation({ condition: lowBalance(condition), status }), NOW)).toEqual(decision);
  });
});

describe('after a top-up', () => {
  it.each(['queued', 'signed', 'submitted', 'mined'] as const)('that is %s there is none beside it', (status) => {
    for (const opened_at of [at(0), at(-5)]) {
      const decision = nextTopUp(situation({ last: last({ opened_at }), transaction: ended(status, -5) }), NOW);
      expect(decision).toEqual(none('under_way'));
    }
  });

  it.each([
    ['not before somebody has looked', 0, 0, none('stale')],
    ['by what was seen afterwards', -1, 0, send(900n, 2)],
  ] as const)('that arrived comes the next %s', (_name, endedAt, seenAt, decision) => {
    const condition = lowBalance({ seen_at: at(seenAt) });
    const transaction = ended('confirmed', endedAt);
    expect(nextTopUp(situation({ condition, last: last(), transaction }), NOW)).toEqual(decision);
  });

  it.each(['failed', 'expired', 'reverted'] as const)('that %s comes the next, later each time', (status) => {
    const waits = [1, 2, 3, 6, 7, 50].map((attempt) => {
      const transaction = ended(status, 0);
      const decide = (afterMs: number) => {
        const condition = lowBalance({ seen_at: at(afterMs) });
        return nextTopUp(situation({ condition, last: last({ attempt }), transaction }), NOW + afterMs);
      };
      const wait = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), MAX_WAIT_MS);
      expect(decide(wait - 1)).toEqual(none('waiting'));
      expect(decide(wait)).toEqual(send(900n, attempt + 1));
      return wait;
    });
    expect(waits).toEqual([60_000, 120_000, 240_000, MAX_WAIT_MS, MAX_WAIT_MS, MAX_WAIT_MS]);
  });

  it('that was signed and had no effect comes the next only so many times, until the need is another', () => {
    const transaction = ended('reverted', -MAX_WAIT_MS, { attempts: [attemptOf(1)] });
    for (let wasted = 0; wasted < MAX_WASTED - 1; wasted += 1) {
      expect(nextTopUp(situation({ last: last({ wasted }), transaction }), NOW)).toEqual(send(900n, 2, wasted + 1));
    }
    const row = last({ wasted: MAX_WASTED - 1 });
    expect(nextTopUp(situation({ last: row, transaction }), NOW)).toEqual({ kind: 'given_up' });
    const another = { ...row, opened_at: at(-9) };
    expect(nextTopUp(situation({ last: another, transaction }), NOW)).toEqual(send(900n));
  });

  it('that a person cancelled comes none for this need, and one for the next', () => {
    const transaction = ended('cancelled', -MAX_WAIT_MS);
    expect(nextTopUp(situation({ last: last(), transaction }), NOW)).toEqual(none('cancelled'));
    const earlier = last({ opened_at: at(-9) });
    expect(nextTopUp(situation({ last: earlier, transaction }), NOW)).toEqual(send(900n));
  });
});

it('the reference of a top-up names wallet, chain, need and try', () => {
  expect(topUpReference(last({ attempt: 3 }))).toBe(
    'top-up:wal_01JD8Q4X7M5N2V9C3R6T0W2001:31337:2026-11-21T18:30:00.000Z:3',
  );
});
