import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import {
  MAX_ATTEMPTS,
  MAX_AUTOMATIC_ATTEMPTS,
  NOOP_RESERVE,
  patienceBlocks,
  REPLACE_AFTER_BLOCKS,
  replacementOf,
  urgency,
} from '#shared/transactions/lane/replacement.ts';
import { type Attempt, type Cancellation, speedSchema } from '#shared/transactions/transaction.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { timeIs } from '#test/support/fakes/lane-situations.ts';
import { attemptOf, signed, submitted } from '#test/support/fakes/ledger-transactions.ts';

const SIGNED_AT = 100;
const CANCELLATION: Cancellation = {
  reason: 'requested',
  requested_at: isoTime(TEST_NOW_MS),
  requested_by: 'key_tester',
  outcome: 'pending',
};
const attempt = (overrides: Partial<Attempt> = {}) => attemptOf(5, { signed_at_block: SIGNED_AT, ...overrides });
const due = (transaction: Parameters<typeof replacementOf>[0], blocks: number) =>
  replacementOf(transaction, SIGNED_AT + blocks, timeIs(TEST_NOW_MS));
const many = (count: number, overrides: Partial<Attempt> = {}) =>
  Array.from({ length: count }, () => attempt(overrides));

describe('a transaction that is in no block', () => {
  it.each(Object.entries(REPLACE_AFTER_BLOCKS))(
    'of speed %s is signed anew after %i blocks, not before',
    (speed, blocks) => {
      const transaction = submitted(5, { speed: speedSchema.parse(speed), attempts: [attempt()] });
      expect(due(transaction, blocks - 1)).toBeUndefined();
      expect(due(transaction, blocks)).toMatchObject({ kind: 'intent', cause: 'stuck' });
    },
  );

  it.each([
    [1, 10],
    [2, 20],
    [3, 40],
    [4, 80],
    [5, 80],
  ])('is given twice as long with each version, up to eight times: version %i waits %i blocks', (count, blocks) => {
    expect(patienceBlocks({ ...submitted(5, { speed: 'fastest' }), attempts: many(count) }, 'intent')).toBe(blocks);
  });

  it('is quoted one step faster with each version, up to the fastest', () => {
    expect([1, 2, 3, 9].map((count) => urgency({ speed: 'slow', attempts: many(count) }))).toEqual([
      'standard',
      'fast',
      'fastest',
      'fastest',
    ]);
  });

  it('is not signed anew by itself for ever, however long it takes', () => {
    const last = submitted(5, { attempts: many(MAX_AUTOMATIC_ATTEMPTS) });
    expect(due(last, 100_000)).toBeUndefined();
  });

  it('is left alone when it was never handed over: that comes first', () => {
    expect(due(signed(5, { attempts: [attempt({ broadcast_at: null, outcome: 'signed' })] }), 1_000)).toBeUndefined();
  });

  it('is signed anew with the next block when a node called it underpriced', () => {
    const refused = submitted(5, { waiting_for: 'fees', attempts: [attempt({ outcome: 'refused' })] });
    expect(due(refused, 0)).toBeUndefined();
    expect(due(refused, 1)).toMatchObject({ cause: 'underpriced' });
  });
});

describe('more speed', () => {
  it('is given at once to what was signed before it was asked for, and once', () => {
    const before = submitted(5, { accelerated_at: isoTime(TEST_NOW_MS + 1), attempts: [attempt()] });
    const after = submitted(5, { accelerated_at: isoTime(TEST_NOW_MS), attempts: [attempt()] });
    expect(due(before, 0)).toMatchObject({ kind: 'intent', cause: 'accelerated' });
    expect(due(after, 0)).toBeUndefined();
  });

  it('can be asked for when it is no longer given by itself, but not without end', () => {
    const asked = (count: number) => submitted(5, { accelerated_at: isoTime(TEST_NOW_MS + 1), attempts: many(count) });
    expect(due(asked(MAX_AUTOMATIC_ATTEMPTS), 0)).toMatchObject({ cause: 'accelerated' });
    expect(due(asked(MAX_ATTEMPTS), 0)).toBeUndefined();
  });
});

describe('what is no longer wanted', () => {
  it.each([
    ['somebody cancelled it', { cancellation: CANCELLATION, attempts: [attempt()] }],
    ['its time has passed', { valid_until: isoTime(TEST_NOW_MS), attempts: [attempt()] }],
    ['nodes refused it for good three times', { attempts: [attempt({ permanent_refusals: 3 })] }],
    [
      'it was cancelled before it was ever handed over',
      {
        cancellation: CANCELLATION,
        attempts: [attempt({ broadcast_at: null, outcome: 'signed' as const })],
      },
    ],
  ])('is replaced by a no-op at once: %s', (_name, overrides) => {
    expect(due(submitted(5, overrides), 0)).toMatchObject({ kind: 'noop', cause: 'unwanted' });
  });

  it.each([
    ['its time has not passed', { valid_until: isoTime(TEST_NOW_MS + 1) }],
    ['nodes refused it twice', { attempts: [attempt({ permanent_refusals: 2 })] }],
  ])('is not taken for that while %s', (_name, overrides) => {
    expect(due(submitted(5, { attempts: [attempt()], ...overrides }), 0)).toBeUndefined();
  });

  it('is not replaced by another no-op before the first had its time', () => {
    const noop = attempt({ kind: 'noop' });
    const transaction = submitted(5, { speed: 'fastest', cancellation: CANCELLATION, attempts: [attempt(), noop] });
    expect(due(transaction, 9)).toBeUndefined();
    expect(due(transaction, 10)).toMatchObject({ kind: 'noop', cause: 'stuck' });
  });

  it.each([
    ['all versions that it may be', MAX_ATTEMPTS],
    ['all versions that come by themselves', MAX_AUTOMATIC_ATTEMPTS],
  ])('is replaced although it has used up %s, and its no-op is outbid when it is stuck', (_name, count) => {
    const cancelled = (noops: number) =>
      submitted(5, {
        cancellation: CANCELLATION,
        attempts: [...many(count), ...many(noops, { kind: 'noop' })],
      });
    expect(due(cancelled(0), 0)).toMatchObject({ kind: 'noop', cause: 'unwanted' });
    expect(due(cancelled(1), 1_000)).toMatchObject({ kind: 'noop', cause: 'stuck' });
    expect(due(cancelled(NOOP_RESERVE - 1), 1_000)).toMatchObject({ kind: 'noop', cause: 'stuck' });
    expect(due(cancelled(NOOP_RESERVE), 1_000)).toBeUndefined();
  });
});
