import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { overdueOf, SAID_USED_AFTER_MS, SILENT_BLOCKS } from '#shared/transactions/lane/overdue.ts';
import type { Attempt, Transaction } from '#shared/transactions/transaction.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { receiptFor, TEST_HEAD, viewOf } from '#test/support/fakes/lane-situations.ts';
import {
  attemptOf,
  hash32,
  mined,
  queued,
  signed,
  submitted,
  TEST_CHAIN,
} from '#test/support/fakes/ledger-transactions.ts';

const BLOCK_MS = TEST_CHAIN.block_time_ms;
const blocksAgo = (blocks: number) => isoTime(TEST_NOW_MS - blocks * BLOCK_MS);
const SAID_USED_MS = Math.max(SAID_USED_AFTER_MS, (TEST_CHAIN.rpc_max_head_lag_blocks + 1) * BLOCK_MS);
const silent = (attempt: Partial<Attempt> = {}) => ({
  attempts: [attemptOf(5, { broadcast_at: blocksAgo(SILENT_BLOCKS), ...attempt })],
});
const fresh = (attempt: Partial<Attempt> = {}) =>
  silent({ broadcast_at: blocksAgo(0), outcome: 'unknown', ...attempt });
const FREE = viewOf({ latestCount: 5 });
const USED = viewOf({ latestCount: 6 });
const usedBy = (hash: string | null) =>
  viewOf({ latestCount: 6, uses: new Map([[5, { hash, blockNumber: TEST_HEAD - 5 }]]) });

describe('a transaction that a view should have in a block', () => {
  const about = (transaction: Transaction, view = FREE) => {
    const overdue = overdueOf(transaction, view, TEST_CHAIN, TEST_NOW_MS);
    return overdue === undefined ? undefined : [overdue.restsOn, overdue.isSaidUsed];
  };

  it.each([
    ['was accepted long ago', submitted(5, silent()), FREE, ['count', false]],
    [
      'is called used by nodes for longer than an endpoint may be behind',
      submitted(5, fresh({ nonce_too_low_since: isoTime(TEST_NOW_MS - SAID_USED_MS) })),
      FREE,
      ['count', true],
    ],
    ['has its nonce used by nobody knows whom', submitted(5, silent()), usedBy(null), ['facts', false]],
    [
      'has its nonce used by its own bytes, and no receipt',
      submitted(5, silent()),
      usedBy(silent().attempts[0]?.hash ?? ''),
      ['facts', false],
    ],
    ['is stored as signed only, and used', signed(5, silent({ outcome: 'unknown' })), USED, ['facts', false]],
  ])('%s', (_name, transaction, view, expected) => {
    expect(about(transaction, view)).toEqual(expected);
  });

  it.each([
    ['was accepted a block less long ago', submitted(5, silent({ broadcast_at: blocksAgo(SILENT_BLOCKS - 1) })), FREE],
    [
      'was called used a moment ago',
      submitted(5, fresh({ nonce_too_low_since: isoTime(TEST_NOW_MS - SAID_USED_MS + 1) })),
      FREE,
    ],
    ['was refused', submitted(5, silent({ outcome: 'refused' })), FREE],
    ['was never handed over', signed(5, silent({ broadcast_at: null })), FREE],
    ['has its nonce used since a moment ago', submitted(5, fresh()), USED],
    [
      'has its nonce used by a stranger, which is a claim of its own',
      submitted(5, silent()),
      usedBy(hash32('stranger')),
    ],
    [
      'has a receipt',
      submitted(5, silent()),
      viewOf({ latestCount: 6, receipts: [receiptFor(submitted(5, silent()), 105)] }),
    ],
    ['is mined', mined(5, 105, silent()), FREE],
    ['is queued', queued(5), FREE],
  ])('is none that %s', (_name, transaction, view) => {
    expect(about(transaction, view)).toBeUndefined();
  });
});
