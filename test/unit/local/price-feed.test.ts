import { getCreateAddress } from 'ethers/address';
import { expect, it } from 'vitest';
import { loadStage } from '#lib/load-stage.ts';
import { FEED_ADDRESS, FEED_BEGINNING, FEED_DEPLOYER } from '#local/price-feed.ts';
import { parseDecimal, sameScale } from '#shared/platform/money/decimal.ts';

it('the local stage names the first contract that the deployer of the price feed makes, and takes its first answer', () => {
  expect(getCreateAddress({ from: FEED_DEPLOYER.address, nonce: 0 })).toBe(FEED_ADDRESS);
  const [feed] = loadStage('local').chains[0]?.price_feeds ?? [];
  if (feed?.kind !== 'chainlink') throw new Error('the local stage has no feed on its chain');
  expect(feed.address).toBe(FEED_ADDRESS);
  expect(FEED_BEGINNING.description).toBe(`${feed.asset} / ${feed.currency}`);
  const answer = { units: FEED_BEGINNING.answer, decimals: FEED_BEGINNING.decimals };
  const [low, aboveLow] = sameScale(parseDecimal(feed.min_price ?? ''), answer);
  const [high, belowHigh] = sameScale(parseDecimal(feed.max_price ?? ''), answer);
  expect(aboveLow).toBeGreaterThan(low);
  expect(belowHigh).toBeLessThan(high);
});
