import { Interface } from 'ethers/abi';
import { describe, expect, it } from 'vitest';
import { decodeDecimals, decodeRound } from '#shared/prices/feed-reading.ts';
import { round, roundBytes, word } from '#test/support/fakes/price-feeds.ts';

const aggregator = new Interface([
  'function decimals() view returns (uint8)',
  'function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)',
]);

describe('what a feed returns', () => {
  it.each([
    round(),
    round({ answer: -1n }),
    round({ answer: -(2n ** 255n), updatedAtSeconds: 2n ** 256n - 1n }),
    round({ answer: 2n ** 255n - 1n, roundId: 2n ** 80n - 1n, answeredInRound: 0n }),
  ])('is read as its ABI says', (one) => {
    const values = [one.roundId, one.answer, one.startedAtSeconds, one.updatedAtSeconds, one.answeredInRound];
    expect(decodeRound(aggregator.encodeFunctionResult('latestRoundData', values))).toEqual(one);
  });

  it('has decimals as its ABI says', () => {
    expect(decodeDecimals(aggregator.encodeFunctionResult('decimals', [18]))).toBe(18);
  });

  it.each([
    ['nothing', '0x'],
    ['four words', `0x${word(1n).repeat(4)}`],
    ['six words', `0x${word(1n).repeat(6)}`],
    ['half a word more', `${roundBytes(round())}00`],
    ['no hex', `0x${'zz'.repeat(160)}`],
    ['a round number that is none', `0x${word(2n ** 80n)}${word(1n).repeat(4)}`],
  ])('is no round when it is %s', (_what, bytes) => {
    expect(decodeRound(bytes)).toBeUndefined();
  });

  it.each(['0x', `0x${word(256n)}`, `0x${word(8n)}${word(8n)}`, '0x08'])('has no decimals as %s', (bytes) => {
    expect(decodeDecimals(bytes)).toBeUndefined();
  });
});

describe('the functions that are called', () => {
  it('have the selectors that Haven knows by heart', () => {
    expect(aggregator.getFunction('decimals')?.selector).toBe('0x313ce567');
    expect(aggregator.getFunction('latestRoundData')?.selector).toBe('0xfeaf968c');
  });
});
