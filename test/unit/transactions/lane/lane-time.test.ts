import { describe, expect, it } from 'vitest';
import { MAX_HEAD_AHEAD_MS } from '#shared/platform/chain/head-time.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { decide } from '#shared/transactions/lane/decide.ts';
import type { LaneSnapshot } from '#shared/transactions/lane/lane-action.ts';
import { laneTime, MAX_CLOCK_SKEW_MS } from '#shared/transactions/lane/lane-time.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { snapshotOf, viewOf } from '#test/support/fakes/lane-situations.ts';
import { attemptOf, queued, submitted, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';

const MINUTE_MS = 60_000;
/** Half a block. */
const POLL_MS = TEST_CHAIN.block_time_ms / 2;

/** What is decided when our clock and the chain's are so many minutes after the time until which all of it is valid. */
function decided(snapshot: LaneSnapshot, { clock, chain }: { readonly clock: number; readonly chain: number }) {
  const view = viewOf({ latestCount: 5 });
  const timestampSeconds = (TEST_NOW_MS + chain * MINUTE_MS) / 1_000;
  return decide(
    snapshot,
    { ...view, head: { ...view.head, timestampSeconds } },
    TEST_CHAIN,
    TEST_NOW_MS + clock * MINUTE_MS,
  );
}

describe('the time of a lane', () => {
  it.each([
    ['the chain is a block behind our clock', 0, -12, [0, 0, -12]],
    ['the chain left blocks out, and our clock may well be right', 0, -36, [0, 0, -36]],
    ['the chain is further behind than that', 0, -37, [0, -37, -37]],
    ['the chain is a little early', 0, 12, [12, 12, 0]],
    ['our clock is minutes behind', -180, 0, [0, 0, -180]],
    ['our clock is minutes ahead', 180, 0, [180, 0, 0]],
    ['the chain stands still', 3_600, 0, [3_600, 2_700, 2_700]],
    ['the head is from a future that nothing explains', 0, 901, [901, -900, -900]],
  ])('when %s', (_name, clockS, chainS, seconds) => {
    const { latestMs, certainMs, agreedMs } = laneTime(
      TEST_NOW_MS + clockS * 1_000,
      {
        timestampSeconds: TEST_NOW_MS / 1_000 + chainS,
      },
      { block_time_ms: 12_000 },
    );
    expect([latestMs, certainMs, agreedMs].map((ms) => (ms - TEST_NOW_MS) / 1_000)).toEqual(seconds);
  });

  it.each([
    [100, 15, true],
    [100, 16, false],
    [5_000, 15, true],
    [60_000, 180, true],
    [60_000, 181, false],
  ])(
    'is that of our clock on a chain with a block in %i ms whose head is %i s old: %s',
    (block_time_ms, age, isOurs) => {
      const head = { timestampSeconds: TEST_NOW_MS / 1_000 - age };
      expect(laneTime(TEST_NOW_MS, head, { block_time_ms }).certainMs === TEST_NOW_MS).toBe(isOurs);
    },
  );

  it('takes a head to be from the future, and our clock to be wrong, by the same', () => {
    expect([MAX_HEAD_AHEAD_MS, MAX_CLOCK_SKEW_MS]).toEqual([15 * MINUTE_MS, 15 * MINUTE_MS]);
  });
});

describe('what is queued', () => {
  const snapshot = snapshotOf({ queued: [queued(1, { valid_until: isoTime(TEST_NOW_MS) })], nextNonce: 5 });

  it.each([
    ['both clocks say that there is time', -1, -1, ['send']],
    ['both say that it is too late', 1, 0, ['expire']],
    ['the chain says that it is too late, our clock does not', -5, 0, ['wait']],
    ['our clock says that it is too late, the chain does not', 5, -1, ['wait']],
    ['our clock alone says so, and has for as long as clocks are wrong', 15, -1, ['expire']],
    ['a head from the future says that it is too late', -20, 0, ['wait']],
  ])('when %s', (_name, clock, chain, types) => {
    const actions = decided(snapshot, { clock, chain });
    expect(actions.map(({ type }) => type)).toEqual(types);
    for (const action of actions) if (action.type === 'wait') expect(action.forMs).toBe(POLL_MS);
  });

  it('does not wait for what may be too late', () => {
    const both = snapshotOf({ queued: [...snapshot.queued, queued(2)], nextNonce: 5 });
    expect(decided(both, { clock: 5, chain: -1 })).toMatchObject([
      { type: 'send', transactions: [queued(2)] },
      { type: 'wait' },
    ]);
  });
});

describe('what is signed and in no block', () => {
  const snapshot = (signedBlocksAgo: number) =>
    snapshotOf({
      inFlight: [
        submitted(5, {
          valid_until: isoTime(TEST_NOW_MS),
          attempts: [
            attemptOf(5, {
              broadcast_at: isoTime(TEST_NOW_MS + 60 * MINUTE_MS),
              signed_at_block: 110 - signedBlocksAgo,
            }),
          ],
        }),
      ],
    });
  const replaced = (signedBlocksAgo: number, clock: number, chain: number) =>
    decided(snapshot(signedBlocksAgo), { clock, chain }).flatMap((action) =>
      action.type === 'replace' ? action.replacements.map(({ kind, givenUpFor }) => [kind, givenUpFor]) : [],
    );

  it.each([
    ['the chain says that it is too late, our clock does not', -5, 0],
    ['our clock alone says so, and has for as long as clocks are wrong', 15, -1],
    ['our clock says so, and the last block is not older than blocks are', 0, -0.2],
  ])('is given up when %s', (_name, clock, chain) => {
    expect(replaced(0, clock, chain)).toEqual([['noop', 'valid_until']]);
  });

  it('is neither given up nor signed once more while our clock alone says that it is too late', () => {
    expect(replaced(100, 5, -1)).toEqual([]);
    expect(replaced(100, -1, -1)).toEqual([['intent', null]]);
  });
});
