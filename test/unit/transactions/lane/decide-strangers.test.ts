import { describe, expect, it } from 'vitest';
import type { ChainView } from '#shared/transactions/lane/chain-view.ts';
import { decide } from '#shared/transactions/lane/decide.ts';
import type { LaneSnapshot } from '#shared/transactions/lane/lane-action.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { receiptFor, snapshotOf, viewOf } from '#test/support/fakes/lane-situations.ts';
import { attemptOf, hash32, queued, submitted, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';

const at = (snapshot: LaneSnapshot, view: ChainView) => decide(snapshot, view, TEST_CHAIN, TEST_NOW_MS);

describe('a nonce that a stranger used', () => {
  const stranger = (hash: string | null, blockNumber: number) =>
    viewOf({ latestCount: 6, uses: new Map([[5, { hash, blockNumber }]]) });
  const typesOf = (view: ChainView, lane = {}, transaction = submitted(5)) =>
    at(snapshotOf({ inFlight: [transaction], lane }), view).map(({ type }) => type);

  it.each([
    ['is not given up before it is final', 109, ['wait']],
    ['is given up as soon as it is final: at the third block', 108, ['displace', 'wait']],
  ])('%s', (_name, blockNumber, types) => {
    expect(typesOf(stranger(hash32('stranger'), blockNumber))).toEqual(types);
  });

  it('is none while any of our hashes has a receipt', () => {
    const transaction = submitted(5);
    const view = viewOf({ latestCount: 6, receipts: [receiptFor(transaction, 110)] });
    expect(typesOf(view, {}, transaction)).toEqual(['settle', 'wait']);
  });

  it('is none when the block names one of our hashes: its receipt is late', () => {
    expect(typesOf(stranger(attemptOf(5).hash, 100))).toEqual(['wait']);
  });

  it('by whom nobody can tell is remembered and never given up: it might have been us', () => {
    const view = stranger(null, 13);
    expect(typesOf(view)).toEqual(['hold', 'remember', 'wait']);
    expect(typesOf(view, { unexplained: 5 })).toEqual(['hold', 'wait']);
  });

  it('is explained after all as soon as a receipt turns up', () => {
    const transaction = submitted(5);
    const view = viewOf({ latestCount: 6, receipts: [receiptFor(transaction, 110)] });
    const actions = at(snapshotOf({ inFlight: [transaction], lane: { unexplained: 5 } }), view);
    expect(actions).toContainEqual({ type: 'remember', patch: { unexplained: null } });
  });

  it('above all of the lane is recorded, though nothing of the lane had it', () => {
    const actions = at(snapshotOf({ queued: [queued(1)], nextNonce: 7 }), viewOf({ latestCount: 9 }));
    expect(actions[0]).toMatchObject({
      type: 'remember',
      patch: { next_nonce: 9 },
      uses: [
        { nonce: 7, transaction_id: null },
        { nonce: 8, transaction_id: null },
      ],
    });
    expect(actions[1]).toMatchObject({ type: 'send', nonces: [9] });
  });
});
