import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import type { LaneState } from '#shared/transactions/lane/lane.ts';
import type { SecondOpinion } from '#shared/transactions/lane/second-opinion.ts';
import { AWAY_AFTER_MS, AWAY_FORGOTTEN_AFTER_MS, mayGoAlone, witnessOf } from '#shared/transactions/lane/witness.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { agreeingWith, receiptFor, snapshotOf, viewOf } from '#test/support/fakes/lane-situations.ts';
import { mined, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';

const NOTHING = { alone: null, disputed_by: null };
const ago = (ms: number) => isoTime(TEST_NOW_MS - ms);

describe('one endpoint alone', () => {
  const may = (sinceMs: number, seenMs = 1_000, disputed_by: string | null = null) =>
    mayGoAlone({ alone: { since: ago(sinceMs), seen_at: ago(seenMs) }, disputed_by }, TEST_NOW_MS);

  it.each([
    ['not by an answer that is missing now for the first time', mayGoAlone(NOTHING, TEST_NOW_MS), false],
    ['not before that has lasted', may(AWAY_AFTER_MS - 1), false],
    ['once it has lasted', may(AWAY_AFTER_MS), true],
    ['however long it has lasted', may(100 * AWAY_AFTER_MS), true],
    ['not by what was last seen too long ago', may(2 * AWAY_FORGOTTEN_AFTER_MS, AWAY_FORGOTTEN_AFTER_MS + 1), false],
    ['not by what a clock ahead of this one noted', may(AWAY_AFTER_MS, -1), false],
    ['never after a dispute', may(10 * AWAY_AFTER_MS, 1_000, 'second'), false],
  ])('is enough %s', (_name, is, expected) => {
    expect(is).toBe(expected);
  });
});

describe('what a lane remembers of its witnesses', () => {
  const BLOCK = 100;
  const transaction = mined(5, BLOCK);
  const receipt = receiptFor(transaction, BLOCK);
  const view = viewOf({ latestCount: 6, receipts: [receipt] });
  const contradicting = agreeingWith(view, { receipts: new Map() });
  const remembered = (
    second: SecondOpinion,
    lane: Partial<Pick<LaneState, 'alone' | 'disputed_by'>> = {},
    inFlight = [transaction],
  ) => witnessOf(snapshotOf({ inFlight, nextNonce: 6, lane }), { ...view, second }, TEST_CHAIN, TEST_NOW_MS);
  const BEGINS = { since: ago(0), seen_at: ago(0) };
  const behind = agreeingWith(view, { receipts: new Map(), head: { ...view.head, number: BLOCK - 1 } });
  const UNUSABLE = { kind: 'unusable', mayGoAlone: false } as const;

  it.each([
    ['since when none gives an answer', remembered(UNUSABLE), { alone: BEGINS }],
    ['since when all had a part in the look', remembered({ kind: 'involved' }), { alone: BEGINS }],
    ['since when another stands still', remembered({ ...behind, standsStill: true }), { alone: BEGINS }],
    ['nothing anew so soon', remembered(UNUSABLE, { alone: { since: ago(90_000), seen_at: ago(10_000) } }), {}],
    [
      'that it lasts',
      remembered(UNUSABLE, { alone: { since: ago(90_000), seen_at: ago(40_000) } }),
      { alone: { since: ago(90_000), seen_at: ago(0) } },
    ],
    [
      'a new time when the lane did not ask for long',
      remembered(UNUSABLE, {
        alone: { since: ago(2 * AWAY_FORGOTTEN_AFTER_MS), seen_at: ago(AWAY_FORGOTTEN_AFTER_MS + 1) },
      }),
      { alone: BEGINS },
    ],
    ['nothing of that once one has a say', remembered(agreeingWith(view), { alone: BEGINS }), { alone: null }],
    ['who contradicted', remembered(contradicting), { disputed_by: 'second' }],
    [
      'who contradicted although its head stands still, and no absence',
      remembered({ ...contradicting, standsStill: true }, { alone: BEGINS }),
      { disputed_by: 'second', alone: null },
    ],
    ['the first who did', remembered(contradicting, { disputed_by: 'first' }), {}],
    ['that while nobody answers', remembered(UNUSABLE, { disputed_by: 'first', alone: BEGINS }), {}],
    [
      'nothing of it once another agrees',
      remembered(agreeingWith(view), { disputed_by: 'first' }),
      { disputed_by: null },
    ],
    ['nothing while nothing would be final', remembered({ kind: 'unasked' }, {}, []), {}],
    ['nothing where there is one endpoint', remembered({ kind: 'only' }), {}],
  ])('is %s', (_name, patch, expected) => {
    expect(patch).toEqual(expected);
  });
});
