import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import type { ChainView } from '#shared/transactions/lane/chain-view.ts';
import { decide } from '#shared/transactions/lane/decide.ts';
import type { LaneSnapshot } from '#shared/transactions/lane/lane-action.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { receiptFor, snapshotOf, viewOf } from '#test/support/fakes/lane-situations.ts';
import { mined, queued, signed, submitted, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';

const at = (snapshot: LaneSnapshot, view: ChainView) => decide(snapshot, view, TEST_CHAIN, TEST_NOW_MS);

/** What the first `send` of a decision takes. */
function sent(inFlight: readonly Transaction[], waiting: number, view: ChainView): readonly string[] | undefined {
  const all = Array.from({ length: waiting }, (_, n) => queued(100 + n));
  const send = at(snapshotOf({ inFlight, queued: all }), view).find(({ type }) => type === 'send');
  return send?.type === 'send' ? send.transactions.map(({ value }) => value) : undefined;
}

describe('room below the cap of four', () => {
  it.each([
    ['is all of it when nothing is in flight', [], ['100', '101', '102', '103']],
    ['is less by what is signed', [signed(0)], ['100', '101', '102']],
    ['is less by what is submitted', [submitted(0), submitted(1), signed(2)], ['100']],
    ['is gone when four are unmined', [submitted(0), submitted(1), submitted(2), signed(3)], undefined],
    ['is none when more are unmined than the cap has become', [0, 1, 2, 3, 4].map((n) => submitted(n)), undefined],
  ])('%s', (_name, inFlight, expected) => {
    expect(sent(inFlight, 6, viewOf({}))).toEqual(expected);
  });

  it('does not count what is mined, however shallow', () => {
    const inFlight = [0, 1, 2, 3].map((nonce) => mined(nonce, 110));
    const receipts = inFlight.map((transaction) => receiptFor(transaction, 110));
    expect(sent(inFlight, 1, viewOf({ latestCount: 4, receipts }))).toEqual(['100']);
  });

  it('does not count what is seen mined just now', () => {
    const inFlight = [0, 1, 2, 3].map((nonce) => submitted(nonce));
    const receipts = inFlight.slice(0, 2).map((transaction) => receiptFor(transaction, 110));
    expect(sent(inFlight, 6, viewOf({ latestCount: 2, receipts }))).toEqual(['100', '101']);
  });

  it('counts what was reorganised away just now', () => {
    const inFlight = [mined(0, 109), submitted(1), submitted(2), submitted(3)];
    expect(sent(inFlight, 1, viewOf({ latestCount: 0 }))).toBeUndefined();
  });
});

describe('a queued transaction past its time', () => {
  const past = queued(1, { valid_until: isoTime(TEST_NOW_MS) });
  const future = queued(2, { valid_until: isoTime(TEST_NOW_MS + 1) });

  it('expires at that very millisecond, and the others are sent', () => {
    expect(at(snapshotOf({ queued: [past, future] }), viewOf({}))).toEqual([
      { type: 'expire', transactions: [past] },
      { type: 'send', transactions: [future], nonces: [0], unmined: [], blocking: [] },
    ]);
  });

  it('expires although the lane is full', () => {
    const inFlight = [0, 1, 2, 3].map((nonce) => submitted(nonce));
    const actions = at(snapshotOf({ inFlight, queued: [past] }), viewOf({}));
    expect(actions.map(({ type }) => type)).toEqual(['expire', 'wait']);
  });

  it('is replaced by a no-op when it is signed already, and not handed to a node any more', () => {
    const inFlight = [signed(0, { valid_until: isoTime(TEST_NOW_MS - 1) })];
    const actions = at(snapshotOf({ inFlight }), viewOf({}));
    expect(actions.map(({ type }) => type)).toEqual(['replace', 'wait']);
    expect(actions[0]).toMatchObject({ replacements: [{ kind: 'noop', cause: 'unwanted' }] });
  });
});

describe('more than ten that are to be signed anew', () => {
  const cancellation = { reason: 'requested', requested_at: '', requested_by: 'key_1', outcome: 'pending' } as const;
  const unwanted = (nonce: number, overrides: Partial<Transaction> = {}) =>
    signed(nonce, { cancellation, ...overrides });
  const nonces = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

  /** The nonces of those that are signed anew in a pass, in the order in which they are judged. */
  function due(inFlight: readonly Transaction[]) {
    const replace = at(snapshotOf({ inFlight }), viewOf({})).find(({ type }) => type === 'replace');
    return replace?.type === 'replace' ? replace.replacements.map(({ transaction }) => transaction.nonce) : [];
  }

  it('are those that wait for nothing before those that wait, and the first of the lane before all', () => {
    const held = nonces(0, 11).map((nonce) => unwanted(nonce, { waiting_for: 'fees' }));
    const fresh = nonces(11, 14).map((nonce) => unwanted(nonce));
    expect(due([...held, ...fresh])).toEqual([0, 11, 12, 13, 1, 2, 3, 4, 5, 6]);
  });

  it('are those that nobody wants before others, after the first of the lane', () => {
    const accelerated_at = isoTime(TEST_NOW_MS + 1);
    const hurried = nonces(0, 3).map((nonce) => submitted(nonce, { accelerated_at }));
    const given = nonces(3, 6).map((nonce) => unwanted(nonce));
    expect(due([...hurried, ...given])).toEqual([0, 3, 4, 5, 1, 2]);
  });
});

describe('the order of actions', () => {
  it('is recover, confirm, send, wait', () => {
    const [shallow, deep] = [submitted(1), mined(0, 105)];
    const inFlight = [deep, shallow, signed(2)];
    const receipts = [receiptFor(deep, 105), receiptFor(shallow, 110)];
    const waiting = [queued(8, { valid_until: isoTime(TEST_NOW_MS) }), queued(9)];
    const actions = at(snapshotOf({ inFlight, queued: waiting }), viewOf({ latestCount: 2, receipts }));
    expect(actions.map(({ type }) => type)).toEqual(['broadcast', 'settle', 'expire', 'send', 'wait']);
  });
});

describe('how long to wait', () => {
  const seconds = (blockTimeMs: number, required: number, depth: number) => {
    const transaction = mined(0, 110 - depth + 1, { confirmations: depth, required_confirmations: required });
    const view = viewOf({ latestCount: 1, receipts: [receiptFor(transaction, 110 - depth + 1)] });
    const chain = { ...TEST_CHAIN, block_time_ms: blockTimeMs };
    return decide(snapshotOf({ inFlight: [transaction] }), view, chain, TEST_NOW_MS).at(-1);
  };

  it.each([
    ['half a block for the last missing block', 12_000, 6, 5, 6_000],
    ['all missing blocks but one', 12_000, 6, 3, 24_000],
    ['no less than 250 ms on a chain with fast blocks', 100, 6, 5, 250],
    ['no less than 250 ms however many fast blocks are missing', 100, 3, 1, 250],
  ])('for a mined one is %s', (_name, blockTimeMs, required, depth, forMs) => {
    expect(seconds(blockTimeMs, required, depth)).toEqual({ type: 'wait', forMs });
  });

  it('is the shortest of all', () => {
    const deep = mined(0, 110);
    const receipts = [receiptFor(deep, 110)];
    const view = viewOf({ latestCount: 1, receipts });
    expect(at(snapshotOf({ inFlight: [deep, submitted(1)] }), view)).toEqual([{ type: 'wait', forMs: 1_000 }]);
  });
});
