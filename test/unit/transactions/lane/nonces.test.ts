import { describe, expect, it } from 'vitest';
import { type LaneState, newLane } from '#shared/transactions/lane/lane.ts';
import { freeNonces, holes, judgeGap } from '#shared/transactions/lane/nonces.ts';
import { TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const lane = (next: number | null, held: readonly number[] = [], gap: LaneState['gap'] = null) => ({
  ...newLane(TEST_LANE, TEST_WALLET.id),
  next_nonce: next,
  in_flight: held.map((nonce) => ({ nonce, id: `tx_${nonce}` })),
  gap,
});
const view = (latestCount: number, number = 110) => ({ head: { number }, latestCount });

describe('holes', () => {
  it.each([
    ['none where both sides agree', lane(7), 7, []],
    ['none in a lane that was never driven', lane(null), 7, []],
    ['none where the chain is ahead', lane(7), 9, []],
    ['none where everything between is in flight', lane(9, [7, 8]), 7, []],
    ['what is counted, not in flight and not on the chain', lane(9, [8]), 6, [6, 7]],
  ])('are %s', (_name, given, latestCount, expected) => {
    expect(holes(given, { latestCount })).toEqual(expected);
  });
});

describe('a gap', () => {
  const since = { nonce: 6, since_block: 110, first_block: 110 };

  it.each([
    ['none', lane(7), view(7), 'none'],
    ['new when it was not seen before', lane(7), view(6), 'new'],
    ['new when another was seen before', lane(7, [], { nonce: 5, since_block: 90, first_block: 90 }), view(6), 'new'],
    ['new again when the head is older than the one that saw it', lane(7, [], since), view(6, 109), 'new'],
    ['doubtful before as many blocks as make a transaction final', lane(7, [], since), view(6, 114), 'doubtful'],
    ['proven after that', lane(7, [], since), view(6, 115), 'proven'],
  ])('is %s', (_name, given, seen, kind) => {
    expect(judgeGap(given, seen, 5).kind).toBe(kind);
  });

  it.each([
    ['at the head that first sees it', null, 110],
    ['where it did, though its proof begins anew', { ...since, since_block: 112, first_block: 111 }, 111],
    ['where it did, though another nonce is the lowest now', { ...since, nonce: 5, first_block: 90 }, 90],
    ['where its proof did, when nothing else was noted', { ...since, since_block: 112, first_block: null }, 112],
  ])('began %s', (_name, gap, first_block) => {
    expect(judgeGap(lane(7, [], gap), view(6), 5)).toEqual({
      kind: 'new',
      gap: { nonce: 6, since_block: 110, first_block },
    });
  });

  it('is never proven in fewer than three blocks, however soon the chain is final', () => {
    expect(judgeGap(lane(7, [], since), view(6, 112), 1).kind).toBe('doubtful');
    expect(judgeGap(lane(7, [], since), view(6, 113), 1)).toEqual({ kind: 'proven', holes: [6], provenAtBlock: 113 });
  });
});

describe('the nonces that are given next', () => {
  it.each([
    ['from the counter on', lane(7), 7, [], [7, 8, 9]],
    ['from the chain on when it is ahead', lane(7), 9, [], [9, 10, 11]],
    ['from 0 in a lane that was never driven', lane(null), 0, [], [0, 1, 2]],
    ['proven holes first', lane(9, [8]), 6, [6, 7], [6, 7, 9]],
    ['none that is in flight', lane(5, [6, 7]), 5, [], [5, 8, 9]],
  ])('are %s', (_name, given, latestCount, proven, expected) => {
    expect(freeNonces(given, view(latestCount), proven, 3)).toEqual(expected);
  });
});
