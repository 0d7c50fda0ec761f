import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import type { SecondOpinion } from '#shared/transactions/lane/second-opinion.ts';
import { AWAY_AFTER_MS, AWAY_FORGOTTEN_AFTER_MS, mayGoAlone, witnessOf } from '#shared/transactions/lane/witness.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { agreeingWith, receiptFor, snapshotOf, viewOf } from '#test/support/fakes/lane-situations.ts';
import { mined, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';

const ago = (ms: number) => isoTime(TEST_NOW_MS - ms);

describe('one endpoint alone', () => {
  const may = (alone_since: string | null, disputed_by: string | null = null) =>
    mayGoAlone({ alone_since, disputed_by }, TEST_NOW_MS);

  it.each([
    ['not by an answer that is missing now for the first time', may(null), false],
    ['not before that has lasted', may(ago(AWAY_AFTER_MS - 1)), false],
    ['once it has lasted', may(ago(AWAY_AFTER_MS)), true],
    ['not by what was noted too long ago to tell of now', may(ago(AWAY_FORGOTTEN_AFTER_MS + 1)), false],
    ['not by what a clock ahead of this one noted', may(ago(-AWAY_AFTER_MS)), false],
    ['never after a dispute', may(ago(10 * AWAY_AFTER_MS), 'second'), false],
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
    lane: { alone_since?: string | null; disputed_by?: string | null } = {},
    inFlight = [transaction],
  ) => witnessOf(snapshotOf({ inFlight, nextNonce: 6, lane }), { ...view, second }, TEST_CHAIN, TEST_NOW_MS);
  const UNUSABLE = { kind: 'unusable', mayGoAlone: false } as const;

  it.each([
    ['since when none gives an answer', remembered(UNUSABLE), { alone_since: ago(0) }],
    ['since when all had a part in the look', remembered({ kind: 'involved' }), { alone_since: ago(0) }],
    ['since when another stands still', remembered({ ...contradicting, standsStill: true }), { alone_since: ago(0) }],
    ['no later time than the first', remembered(UNUSABLE, { alone_since: ago(AWAY_AFTER_MS) }), {}],
    [
      'a new time when the first is too long ago',
      remembered(UNUSABLE, { alone_since: ago(AWAY_FORGOTTEN_AFTER_MS + 1) }),
      { alone_since: ago(0) },
    ],
    [
      'nothing of that once one has a say',
      remembered(agreeingWith(view), { alone_since: ago(1) }),
      { alone_since: null },
    ],
    ['who contradicted', remembered(contradicting), { disputed_by: 'second' }],
    ['the first who did', remembered(contradicting, { disputed_by: 'first' }), {}],
    ['that while nobody answers', remembered(UNUSABLE, { disputed_by: 'first', alone_since: ago(1) }), {}],
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
