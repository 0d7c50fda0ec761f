import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import type { ChainView } from '#shared/transactions/lane/chain-view.ts';
import { decide } from '#shared/transactions/lane/decide.ts';
import { SEND_BATCH } from '#shared/transactions/lane/lane.ts';
import type { LaneSnapshot } from '#shared/transactions/lane/lane-action.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { receiptFor, snapshotOf, TEST_HEAD, viewOf } from '#test/support/fakes/lane-situations.ts';
import {
  attemptOf,
  hash32,
  mined,
  queued,
  signed,
  submitted,
  TEST_CHAIN,
} from '#test/support/fakes/ledger-transactions.ts';

/** Ten blocks of the test chain. */
const SILENT_MS = 10 * TEST_CHAIN.block_time_ms;
/** Half a block. */
const POLL_MS = TEST_CHAIN.block_time_ms / 2;
const ROOMY = { ...TEST_CHAIN, in_flight_cap: 64 };

const at = (snapshot: LaneSnapshot, view: ChainView, laterMs = 0, chain = TEST_CHAIN) =>
  decide(snapshot, view, chain, TEST_NOW_MS + laterMs);
const wait = (forMs: number) => ({ type: 'wait', forMs });

describe('a lane without anything in flight', () => {
  it('that has nothing queued is at rest', () => {
    expect(at(snapshotOf({}), viewOf({}))).toEqual([]);
  });

  it('that was never driven sends from the nonce that the chain names', () => {
    expect(at(snapshotOf({ queued: [queued(1)] }), viewOf({ latestCount: 7 }))).toEqual([
      { type: 'remember', patch: { next_nonce: 7 } },
      { type: 'send', transactions: [queued(1)], nonces: [7], unmined: [], blocking: [] },
    ]);
  });

  it.each([
    ['both agree', 7, 7, 7],
    ['both are at the start', 0, 0, 0],
  ])(
    'sends from the higher of its own next nonce and the chain count when %s',
    (_name, nextNonce, latestCount, first) => {
      const actions = at(snapshotOf({ queued: [queued(1)], nextNonce }), viewOf({ latestCount }));
      expect(actions).toEqual([
        { type: 'send', transactions: [queued(1)], nonces: [first], unmined: [], blocking: [] },
      ]);
    },
  );

  it('sends nothing by a view that is older than what the lane has seen become final', () => {
    const view = viewOf({ latestCount: 7 });
    expect(at(snapshotOf({ queued: [queued(1)], nextNonce: 8 }), view)).toEqual([
      { type: 'remember', patch: { gap: { nonce: 7, since_block: TEST_HEAD, first_block: TEST_HEAD } } },
      wait(500),
    ]);
  });

  it('sends from its own next nonce while what it signed is not mined yet', () => {
    const inFlight = [submitted(7), submitted(8)];
    const actions = at(snapshotOf({ inFlight, queued: [queued(1)], nextNonce: 9 }), viewOf({ latestCount: 7 }));
    expect(actions).toContainEqual({
      type: 'send',
      transactions: [queued(1)],
      nonces: [9],
      unmined: inFlight,
      blocking: [],
    });
  });

  it('counts as unmined what was mined in a block that the view does not have yet', () => {
    const late = mined(7, 111);
    const view = viewOf({ latestCount: 7 });
    const actions = at(snapshotOf({ inFlight: [late], queued: [queued(1)], nextNonce: 8 }), view);
    expect(actions).toContainEqual({
      type: 'send',
      transactions: [queued(1)],
      nonces: [8],
      unmined: [late],
      blocking: [],
    });
  });

  it(`sends the oldest first, at most ${SEND_BATCH} at once`, () => {
    const all = Array.from({ length: 12 }, (_, n) => queued(n));
    expect(at(snapshotOf({ queued: all }), viewOf({}), 0, ROOMY)).toEqual([
      {
        type: 'send',
        transactions: all.slice(0, SEND_BATCH),
        nonces: [...Array(SEND_BATCH).keys()],
        unmined: [],
        blocking: [],
      },
    ]);
  });
});

describe('handing signed bytes to the node again', () => {
  const unknown = (laterMs: number) =>
    attemptOf(5, { outcome: 'unknown', broadcast_at: isoTime(TEST_NOW_MS + laterMs) });

  it.each([
    ['signed and never broadcast, at once', signed(5), 0],
    ['signed, with an answer that said nothing 2 s ago', signed(5, { attempts: [unknown(0)] }), 2_000],
    ['submitted, with an answer that said nothing 2 s ago', submitted(5, { attempts: [unknown(0)] }), 2_000],
    ['submitted, refused 2 s ago', submitted(5, { attempts: [attemptOf(5, { outcome: 'refused' })] }), 2_000],
    ['submitted, accepted and unseen for ten blocks', submitted(5), SILENT_MS],
    ['submitted again by a reorganisation', submitted(5, { attempts: [attemptOf(5, { outcome: 'mined' })] }), 2_000],
  ])('happens to one that is %s', (_name, transaction, laterMs) => {
    expect(at(snapshotOf({ inFlight: [transaction] }), viewOf({ latestCount: 5 }), laterMs)).toEqual([
      { type: 'broadcast', transactions: [transaction] },
      wait(POLL_MS),
    ]);
  });

  it.each([
    ['with an answer that said nothing less than 2 s ago', submitted(5, { attempts: [unknown(0)] }), 1_999],
    ['accepted and unseen for less than ten blocks', submitted(5), SILENT_MS - 1],
  ])('does not happen yet to one that is submitted, %s', (_name, transaction, laterMs) => {
    expect(at(snapshotOf({ inFlight: [transaction] }), viewOf({ latestCount: 5 }), laterMs)).toEqual([wait(POLL_MS)]);
  });

  it('does not happen to a submitted one whose nonce is used: a receipt or a stranger explains it', () => {
    const actions = at(snapshotOf({ inFlight: [submitted(5)] }), viewOf({ latestCount: 6 }), 5 * SILENT_MS);
    expect(actions.map(({ type }) => type)).toEqual(['wait']);
  });

  it('happens to a signed one even though its nonce is used: a crash may have hidden that it was mined', () => {
    const transaction = signed(5);
    expect(at(snapshotOf({ inFlight: [transaction] }), viewOf({ latestCount: 6 }))).toEqual([
      { type: 'broadcast', transactions: [transaction] },
      wait(POLL_MS),
    ]);
  });

  it('does not happen to one that is mined', () => {
    const transaction = mined(5, 110);
    const view = viewOf({ latestCount: 6, receipts: [receiptFor(transaction, 110)] });
    expect(at(snapshotOf({ inFlight: [transaction] }), view, 5 * SILENT_MS)).toEqual([wait(2 * POLL_MS)]);
  });
});

describe('what became of a transaction on chain', () => {
  it.each([
    ['in the block after the head: the head was read first', 111, 0, 4_000],
    ['in the head', 110, 1, 2_000],
    ['one block deep', 109, 2, 1_000],
    ['as deep as required', 108, 3, 0],
    ['deeper than required', 100, 11, 0],
  ])('a submitted one with a receipt %s is mined', (_name, blockNumber, confirmations, waitMs) => {
    const transaction = submitted(5);
    const receipt = receiptFor(transaction, blockNumber);
    const view = viewOf({ latestCount: 6, receipts: [receipt] });
    expect(at(snapshotOf({ inFlight: [transaction] }), view)).toEqual([
      { type: 'settle', settlements: [{ kind: 'mined', transaction, receipt, confirmations }] },
      wait(waitMs),
    ]);
  });

  it('a mined one at the depth it had is left alone', () => {
    const transaction = mined(5, 110);
    const view = viewOf({ latestCount: 6, receipts: [receiptFor(transaction, 110)] });
    expect(at(snapshotOf({ inFlight: [transaction] }), view)).toEqual([wait(TEST_CHAIN.block_time_ms)]);
  });

  it('a mined one that is deeper now makes progress', () => {
    const transaction = mined(5, 109);
    const receipt = receiptFor(transaction, 109);
    const view = viewOf({ latestCount: 6, receipts: [receipt] });
    expect(at(snapshotOf({ inFlight: [transaction] }), view)).toEqual([
      { type: 'settle', settlements: [{ kind: 'progress', transaction, receipt, confirmations: 2, waitingFor: null }] },
      wait(POLL_MS),
    ]);
  });

  it.each([
    ['as deep as required', 108],
    ['deeper', 90],
  ])('a mined one %s is final, and nothing is left to wait for', (_name, blockNumber) => {
    const transaction = mined(5, blockNumber);
    const receipt = receiptFor(transaction, blockNumber);
    const view = viewOf({ latestCount: 6, receipts: [receipt] });
    expect(at(snapshotOf({ inFlight: [transaction] }), view)).toEqual([
      { type: 'settle', settlements: [{ kind: 'final', transaction, receipt, confirmations: 110 - blockNumber + 1 }] },
    ]);
  });

  it('a submitted one is never final in one step, however deep: first it is mined', () => {
    const transaction = submitted(5);
    const view = viewOf({ latestCount: 6, receipts: [receiptFor(transaction, 50)] });
    const [first] = at(snapshotOf({ inFlight: [transaction] }), view);
    expect(first).toMatchObject({ type: 'settle', settlements: [{ kind: 'mined' }] });
  });

  it.each([
    ['its nonce is unused again', viewOf({ latestCount: 5 })],
    ['its nonce is used, and it has no receipt', viewOf({ latestCount: 6 })],
    ['its receipt is of another block of the same height', forkedView()],
    ['its receipt is of a higher block', viewOf({ latestCount: 6, receipts: [receiptFor(mined(5, 105), 107)] })],
  ])('a mined one is reorganised away when %s', (_name, view) => {
    const transaction = mined(5, 105);
    expect(at(snapshotOf({ inFlight: [transaction] }), view)).toEqual([
      { type: 'settle', settlements: [{ kind: 'reorged', transaction }] },
      wait(POLL_MS),
    ]);
  });

  it.each([
    ['the block at its height has another hash', new Map([[109, hash32('another fork')]])],
    ['there is no block at its height', new Map()],
  ])('a receipt is ignored when %s', (_name, canonical) => {
    const transaction = submitted(5);
    const view = viewOf({ latestCount: 6, receipts: [receiptFor(transaction, 109)], canonical });
    expect(at(snapshotOf({ inFlight: [transaction] }), view)).toEqual([wait(POLL_MS)]);
  });

  it('a receipt under the hash of an earlier attempt counts: a replaced original can still win', () => {
    const first = attemptOf(5, { hash: hash32('first') });
    const transaction = submitted(5, { attempts: [first, attemptOf(5, { hash: hash32('second') })] });
    const receipt = receiptFor(transaction, 110, { transactionHash: first.hash });
    const view = viewOf({ latestCount: 6, receipts: [receipt] });
    expect(at(snapshotOf({ inFlight: [transaction] }), view)[0]).toEqual({
      type: 'settle',
      settlements: [{ kind: 'mined', transaction, receipt, confirmations: 1 }],
    });
  });

  it('a signed one of which no answer came is mined all the same, and is not handed over again', () => {
    const transaction = signed(5);
    const view = viewOf({ latestCount: 6, receipts: [receiptFor(transaction, 110)] });
    const actions = at(snapshotOf({ inFlight: [transaction] }), view);
    expect(actions.map(({ type }) => type)).toEqual(['settle', 'wait']);
    expect(actions[0]).toMatchObject({ settlements: [{ kind: 'mined', transaction }] });
  });

  it('a mined one is where it was when the view is older than its block', () => {
    const view = {
      ...viewOf({ latestCount: 5 }),
      head: { number: 104, hash: hash32('old head'), timestampSeconds: 0 },
    };
    expect(at(snapshotOf({ inFlight: [mined(5, 105)] }), view).map(({ type }) => type)).toEqual(['wait']);
  });

  function forkedView() {
    const receipt = receiptFor(mined(5, 105), 105, { blockHash: hash32('another fork') });
    return viewOf({ latestCount: 6, receipts: [receipt], canonical: new Map([[105, hash32('another fork')]]) });
  }
});
