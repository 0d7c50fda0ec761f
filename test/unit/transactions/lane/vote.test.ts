import { describe, expect, it } from 'vitest';
import { decide } from '#shared/transactions/lane/decide.ts';
import { finalClaims, judgeClaims } from '#shared/transactions/lane/final-claims.ts';
import type { LaneSnapshot } from '#shared/transactions/lane/lane-action.ts';
import type { GivenOpinion } from '#shared/transactions/lane/second-opinion.ts';
import { voteOn } from '#shared/transactions/lane/vote.ts';
import { witnessOf } from '#shared/transactions/lane/witness.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { agreeingWith, receiptFor, snapshotOf, viewOf } from '#test/support/fakes/lane-situations.ts';
import { hash32, mined, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';

const BLOCK = 100;
const FIVE = mined(5, BLOCK);
const SIX = mined(6, BLOCK);
const RECEIPTS = [receiptFor(FIVE, BLOCK), receiptFor(SIX, BLOCK)] as const;
const SOURCES = { count: new Set(['counter']), facts: new Set(['first']) };
/** Two receipts, and a count that is higher than the lane's. */
const SNAPSHOT = snapshotOf({ inFlight: [FIVE, SIX], nextNonce: 7 });
const VIEW = viewOf({ latestCount: 9, receipts: RECEIPTS });
const [FIVES, SIXS, NINTH] = [`receipt ${FIVE.id}`, `receipt ${SIX.id}`, 'used nonces 8'];

/** What an endpoint says that has some claims otherwise. */
function voice(endpoint: string, disputes: readonly string[], more: Partial<GivenOpinion> = {}): GivenOpinion {
  const receipts = RECEIPTS.map((receipt, index) =>
    disputes.includes([FIVES, SIXS][index] ?? '') ? { ...receipt, blockHash: hash32('fork') } : receipt,
  );
  const look = {
    receipts: new Map(receipts.map((receipt) => [receipt.transactionHash, receipt])),
    latestCount: disputes.includes(NINTH) ? 7 : 9,
  };
  return { ...agreeingWith(VIEW, look), endpoint, ...more };
}
const behind = (endpoint: string, blocks: number, more: Partial<GivenOpinion> = {}) =>
  voice(endpoint, [], {
    look: {
      ...agreeingWith(VIEW, { receipts: new Map(), latestCount: 5 }).look,
      head: { ...VIEW.head, number: VIEW.head.number - blocks },
    },
    lags: blocks > TEST_CHAIN.rpc_max_head_lag_blocks,
    ...more,
  });

function counted(second: GivenOpinion, third?: GivenOpinion, snapshot: LaneSnapshot = SNAPSHOT) {
  const claims = finalClaims(snapshot, VIEW, TEST_CHAIN, TEST_NOW_MS);
  if (claims === undefined) throw new Error('Nothing is claimed');
  const view = { ...VIEW, second: third === undefined ? second : { ...second, third } };
  const vote = voteOn(claims, view, SOURCES, TEST_CHAIN.rpc_max_head_lag_blocks);
  return {
    agreed: judgeClaims(claims, view).flatMap(({ claim, of, agreement }) =>
      agreement === 'agrees' ? [`${claim} ${of}`] : [],
    ),
    distrusted: [...vote.distrusted],
    said: vote.contradictions.map(({ endpoint, disputed, outvotedBy }) => [endpoint, disputed, outvotedBy]),
    remembered: witnessOf(snapshot, view, TEST_CHAIN, TEST_NOW_MS),
    actions: decide(snapshot, view, TEST_CHAIN, TEST_NOW_MS),
  };
}

const ALL = [FIVES, SIXS, NINTH];

describe('a vote of three endpoints', () => {
  it.each([
    ['all that nobody contradicts is agreed', voice('b', []), undefined, ALL, []],
    ['one that contradicts, of two, is one word against another', voice('b', [FIVES]), undefined, [SIXS, NINTH], []],
    [
      'what the third bears out is agreed; who contradicts it is outvoted',
      voice('b', [FIVES]),
      voice('c', []),
      ALL,
      ['b'],
    ],
    [
      'what both others contradict is not, and its source is outvoted',
      voice('b', [FIVES]),
      voice('c', [FIVES]),
      [SIXS, NINTH],
      ['first'],
    ],
    [
      'that source is whose word that claim is: the count',
      voice('b', [NINTH]),
      voice('c', [NINTH]),
      [FIVES, SIXS],
      ['counter'],
    ],
    [
      'that others contradict different claims is two against one in each',
      voice('b', [FIVES]),
      voice('c', [SIXS]),
      ALL,
      ['b', 'c'],
    ],
    [
      'of what both and one contradict, only the first is lost',
      voice('b', ALL),
      voice('c', [FIVES]),
      [SIXS, NINTH],
      ['first'],
    ],
    [
      'who contradicts more than what both do is not outvoted for that',
      voice('b', [FIVES, SIXS]),
      voice('c', [SIXS, NINTH]),
      [FIVES, NINTH],
      ['first'],
    ],
    ['a third that is behind bears nothing out', voice('b', [FIVES]), behind('c', 12), [SIXS, NINTH], []],
    [
      'a third that stands still bears nothing out, though one may be enough',
      voice('b', [FIVES], { mayGoAlone: true }),
      behind('c', 12, { standsStill: true, mayGoAlone: true }),
      [SIXS, NINTH],
      [],
    ],
    ['a third bears out what a second that lags can not tell', behind('b', 12), voice('c', []), ALL, []],
    [
      'a third that can tell soon is waited for, though one may be enough without the second',
      behind('b', 12, { standsStill: true, mayGoAlone: true }),
      behind('c', 11),
      [],
      [],
    ],
    [
      'where both stand still, and one may be enough, it is',
      behind('b', 12, { standsStill: true, mayGoAlone: true }),
      behind('c', 12, { standsStill: true }),
      ALL,
      [],
    ],
  ] as const)('%s', (_name, second, third, agreed, distrusted) => {
    expect(counted(second, third)).toMatchObject({ agreed, distrusted });
  });

  it.each([
    ['both others are beside each other, far behind it', behind('b', 12), behind('c', 11), ['counter', 'first']],
    ['they are far from each other, too', behind('b', 40), behind('c', 12), []],
    ['one of them is not too far behind', behind('b', 12), behind('c', 5), []],
    ['one of them stands still', behind('b', 12), behind('c', 12, { standsStill: true }), []],
    ['there is one other', behind('b', 12), undefined, []],
  ] as const)(
    'about the head itself is lost by the view only when both others go on beside each other: %s',
    (_name, second, third, distrusted) => {
      expect(counted(second, third)).toMatchObject({ agreed: [], distrusted });
    },
  );

  it('names each that contradicts, what, and who bears that out', () => {
    expect(counted(voice('b', [FIVES, NINTH]), voice('c', [SIXS])).said).toEqual([
      ['b', [FIVES, NINTH], 'c'],
      ['c', [SIXS], 'b'],
    ]);
    expect(counted(voice('b', [FIVES]), voice('c', [FIVES])).said).toEqual([
      ['b', [FIVES], undefined],
      ['c', [FIVES], undefined],
    ]);
  });

  it('lets the lane remember who contradicts what nobody bears out, the third if it is that', () => {
    expect(counted(voice('b', [FIVES]), voice('c', [])).remembered).toEqual({});
    expect(counted(voice('b', [FIVES]), voice('c', [FIVES])).remembered).toEqual({ disputed_by: 'b' });
    expect(counted(behind('b', 12), voice('c', [FIVES])).remembered).toEqual({ disputed_by: 'c' });
  });

  it('makes final what it agrees on, and nothing else', () => {
    const { actions } = counted(voice('b', [FIVES, SIXS]), voice('c', [SIXS]));
    const settled = actions.flatMap((action) => (action.type === 'settle' ? action.settlements : []));
    expect(settled.map(({ kind, transaction }) => [kind, transaction.id])).toEqual([
      ['final', FIVE.id],
      ['progress', SIX.id],
    ]);
  });
});
