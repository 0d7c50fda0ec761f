import { describe, expect, it } from 'vitest';
import type { FeedReading } from '#shared/prices/feed-reading.ts';
import { judgePrice, type PriceRules } from '#shared/prices/judge-price.ts';
import { PRICE_FAULTS } from '#shared/prices/price.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { ETH_USD, FEEDS, NOW_SECONDS, says } from '#test/support/fakes/price-feeds.ts';

const HEAD = { number: 100, hash: `0x${'b'.repeat(64)}`, timestampSeconds: NOW_SECONDS - 2 };
const READING: FeedReading = { head: HEAD, feed: says(), reference: undefined, sequencer: undefined };
const BLOCK_MS = 12_000;
const REFERENCE = { address: FEEDS.reference, heartbeat_seconds: 86_400, max_deviation_bps: 200 };
const SEQUENCER = { address: FEEDS.sequencer, grace_seconds: 3_600 };

/** Seconds before the head. */
const ago = (seconds: number) => BigInt(HEAD.timestampSeconds - seconds);
const at = (timestampSeconds: number) => ({ ...HEAD, timestampSeconds });
const up = (sinceSeconds: number) => says({ answer: 0n, startedAtSeconds: ago(sinceSeconds) }, 0);
const none = { ok: false as const, why: 'reverts' };

function judge(reading: Partial<FeedReading>, rules: Partial<PriceRules> = {}) {
  return judgePrice({ ...READING, ...reading }, { ...ETH_USD, ...rules }, TEST_NOW_MS, BLOCK_MS);
}

describe('a price that may be used', () => {
  it.each<[string, Partial<FeedReading>, Partial<PriceRules>]>([
    ['is a good round', {}, {}],
    ['was updated in the very block', { feed: says({ updatedAtSeconds: ago(0) }) }, {}],
    ['is as old as heartbeat and margin allow', { feed: says({ updatedAtSeconds: ago(3_900) }) }, {}],
    ['is of a feed that numbers no rounds', { feed: says({ roundId: 0n, answeredInRound: 0n }) }, {}],
    ['is the lower bound itself', { feed: says({ answer: 1_00000000n }) }, {}],
    ['is the upper bound itself', { feed: says({ answer: 100_000_00000000n }) }, {}],
    ['has 18 decimals', { feed: says({ answer: 2_500n * 10n ** 18n }, 18) }, {}],
    ['has none', { feed: says({ answer: 2_500n }, 0) }, {}],
    ['is by a head minutes old', { head: at(NOW_SECONDS - 300), feed: says({ updatedAtSeconds: ago(400) }) }, {}],
    [
      'is as far above its reference as allowed',
      { feed: says({ answer: 2_550_00000000n }), reference: says() },
      { reference: REFERENCE },
    ],
    [
      'is as far below its reference as allowed, whose decimals are others',
      { reference: says({ answer: 2_550n * 10n ** 18n, updatedAtSeconds: ago(86_000) }, 18) },
      { reference: REFERENCE },
    ],
    ['is of a rollup that is up for long', { sequencer: up(3_601) }, { sequencer: SEQUENCER }],
    ['needs no sequencer where none is configured', { sequencer: says({ answer: 1n }) }, {}],
  ])('%s', (_what, reading, rules) => {
    expect(judge(reading, rules)).toMatchObject({ usable: true });
  });

  it('comes with its units, when it was updated, and the block that it is judged by', () => {
    expect(judge({})).toEqual({
      usable: true,
      price: {
        units: 2_500_00000000n,
        decimals: 8,
        updatedAtSeconds: NOW_SECONDS - 60,
        blockNumber: 100,
        readAtSeconds: NOW_SECONDS - 2,
      },
    });
  });
});

const CASES: readonly [string, string, Partial<FeedReading>, Partial<PriceRules>][] = [
  ['chain_time', 'the chain stands still', { head: at(NOW_SECONDS - 301) }, {}],
  ['chain_time', 'the head is from the future', { head: at(NOW_SECONDS + 901) }, {}],
  ['sequencer_down', 'the sequencer is down', { sequencer: says({ answer: 1n }, 0) }, { sequencer: SEQUENCER }],
  ['sequencer_down', 'its state is none that is known', { sequencer: says({ answer: -1n }) }, { sequencer: SEQUENCER }],
  ['sequencer_grace', 'the sequencer has just come back', { sequencer: up(3_600) }, { sequencer: SEQUENCER }],
  ['sequencer_grace', 'it came back after this block', { sequencer: up(-10) }, { sequencer: SEQUENCER }],
  [
    'sequencer_unknown',
    'the sequencer feed has not begun',
    { sequencer: says({ answer: 0n, startedAtSeconds: 0n }) },
    { sequencer: SEQUENCER },
  ],
  ['sequencer_unknown', 'there is no sequencer feed', { sequencer: none }, { sequencer: SEQUENCER }],
  ['sequencer_unknown', 'the sequencer feed was not asked', {}, { sequencer: SEQUENCER }],
  ['no_answer', 'there is no feed', { feed: none }, {}],
  ['no_answer', 'its decimals are absurd', { feed: says({}, 37) }, {}],
  ['incomplete', 'the round has not ended', { feed: says({ updatedAtSeconds: 0n }) }, {}],
  ['incomplete', 'the answer is of a round before', { feed: says({ answeredInRound: 2n, roundId: 3n }) }, {}],
  ['not_positive', 'the answer is zero', { feed: says({ answer: 0n }) }, {}],
  ['not_positive', 'the answer is negative', { feed: says({ answer: -1n }) }, {}],
  ['future', 'it was updated after its block', { feed: says({ updatedAtSeconds: ago(-1) }) }, {}],
  ['future', 'its time is no time', { feed: says({ updatedAtSeconds: 2n ** 256n - 1n }) }, {}],
  ['stale', 'it is a second too old', { feed: says({ updatedAtSeconds: ago(3_901) }) }, {}],
  ['stale', 'no margin is allowed', { feed: says({ updatedAtSeconds: ago(3_601) }) }, { heartbeat_margin_seconds: 0 }],
  ['out_of_bounds', 'it is too low', { feed: says({ answer: 99999999n }) }, {}],
  ['out_of_bounds', 'it is too high', { feed: says({ answer: 100_000_00000001n }) }, {}],
  [
    'out_of_bounds',
    'it stopped at the lowest answer of its aggregator, fresh as ever',
    { feed: says({ answer: 10_700_000n }) },
    { min_price: '0.2' },
  ],
  [
    'reference_unusable',
    'the reference is stale',
    { reference: says({ updatedAtSeconds: ago(86_701) }) },
    { reference: REFERENCE },
  ],
  ['reference_unusable', 'the reference is gone', { reference: none }, { reference: REFERENCE }],
  ['reference_unusable', 'the reference is zero', { reference: says({ answer: 0n }) }, { reference: REFERENCE }],
  ['reference_unusable', 'the reference was not asked', {}, { reference: REFERENCE }],
  [
    'deviating',
    'it is a unit further above its reference than allowed',
    { feed: says({ answer: 2_550_00000001n }), reference: says() },
    { reference: REFERENCE },
  ],
  [
    'deviating',
    'it is a unit further below its reference than allowed',
    { reference: says({ answer: 2_550_00000001n }) },
    { reference: REFERENCE },
  ],
  [
    'deviating',
    'feed and reference differ by their decimals only',
    { feed: says({}, 8), reference: says({}, 9) },
    { reference: REFERENCE },
  ],
];

describe('a price that may not be used', () => {
  it.each(CASES)('is %s when %s', (fault, _what, reading, rules) => {
    const verdict = judge(reading, rules);
    expect(verdict).toMatchObject({ usable: false, fault });
    if (!verdict.usable) expect(verdict.detail).toMatch(/^[\x20-\x7e]{5,90}$/);
  });

  it('has every fault there is in the table above', () => {
    expect(new Set(CASES.map(([fault]) => fault))).toEqual(new Set(PRICE_FAULTS));
  });

  it('is told all the same, with what it says of itself', () => {
    expect(judge({ feed: says({ updatedAtSeconds: ago(5_000) }) })).toMatchObject({
      price: { units: 2_500_00000000n, decimals: 8, updatedAtSeconds: HEAD.timestampSeconds - 5_000 },
    });
    expect(judge({ feed: none })).toMatchObject({ price: undefined });
  });

  it.each([0n, 8_640_000_000_001n, 2n ** 256n - 1n])('has no time when it says %d', (updatedAtSeconds) => {
    expect(judge({ feed: says({ updatedAtSeconds }) })).toMatchObject({ price: { updatedAtSeconds: null } });
  });

  it('is named by what lies deepest: a halted chain before a sequencer, that before the feed', () => {
    const bad = { feed: says({ answer: 0n }), sequencer: says({ answer: 1n }) };
    expect(judge({ ...bad, head: at(NOW_SECONDS - 900) }, { sequencer: SEQUENCER })).toMatchObject({
      fault: 'chain_time',
    });
    expect(judge(bad, { sequencer: SEQUENCER })).toMatchObject({ fault: 'sequencer_down' });
    expect(judge(bad)).toMatchObject({ fault: 'not_positive' });
  });

  it('is not stale by a slow chain: twenty of its blocks may pass', () => {
    const slow = { ...READING, head: at(NOW_SECONDS - 1_200), feed: says({ updatedAtSeconds: ago(1_300) }) };
    expect(judgePrice(slow, ETH_USD, TEST_NOW_MS, 60_000)).toMatchObject({ usable: true });
    expect(judgePrice(slow, ETH_USD, TEST_NOW_MS, 59_000)).toMatchObject({ fault: 'chain_time' });
  });
});
