import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { priceFeedListSchema } from '#shared/platform/chain/price-feed-config.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';

const ADDRESS = `0x${'a1'.repeat(20)}`;
const OTHER = `0x${'b2'.repeat(20)}`;
const CHAINLINK = {
  kind: 'chainlink',
  asset: 'ETH',
  currency: 'USD',
  address: ADDRESS,
  heartbeat_seconds: 3_600,
  min_price: '100',
  max_price: '100000',
};
const REFERENCE = { address: OTHER, heartbeat_seconds: 86_400, max_deviation_bps: 200 };
const FIXED = { kind: 'fixed', asset: 'HAVEN', currency: 'USD', price: '1.00' };

const load = (feeds: unknown) =>
  loadConfig(z.object(chainsSetting), { CHAINS: JSON.stringify([{ ...TEST_CHAIN, price_feeds: feeds }]) });

describe('the price feeds of a chain', () => {
  it('are read with their defaults', () => {
    const sequencer = { address: OTHER };
    expect(priceFeedListSchema.parse([{ ...CHAINLINK, sequencer }, FIXED])).toEqual([
      { ...CHAINLINK, heartbeat_margin_seconds: 300, sequencer: { ...sequencer, grace_seconds: 3_600 } },
      FIXED,
    ]);
  });

  it('may have a reference in place of bounds', () => {
    const { min_price: _, max_price: __, ...rest } = CHAINLINK;
    expect(load([{ ...rest, reference: REFERENCE }]).CHAINS[0]?.price_feeds).toMatchObject([{ reference: REFERENCE }]);
  });

  it.each<[string, object, string]>([
    ['a kind that is none', { ...CHAINLINK, kind: 'oracle' }, 'CHAINS.0.price_feeds.0.kind'],
    ['an unknown field', { ...CHAINLINK, decimals: 8 }, 'CHAINS.0.price_feeds.0'],
    ['no address', { ...CHAINLINK, address: undefined }, 'CHAINS.0.price_feeds.0.address'],
    ['half an address', { ...CHAINLINK, address: '0x12' }, 'CHAINS.0.price_feeds.0.address'],
    ['a currency in lower case', { ...CHAINLINK, currency: 'usd' }, 'CHAINS.0.price_feeds.0.currency'],
    ['a coin for a currency', { ...CHAINLINK, currency: 'ETH' }, 'CHAINS.0.price_feeds.0.currency'],
    ['a symbol with a slash', { ...CHAINLINK, asset: 'ETH/USD' }, 'CHAINS.0.price_feeds.0.asset'],
    ['no heartbeat', { ...CHAINLINK, heartbeat_seconds: 0 }, 'CHAINS.0.price_feeds.0.heartbeat_seconds'],
    ['a heartbeat of years', { ...CHAINLINK, heartbeat_seconds: 1e8 }, 'CHAINS.0.price_feeds.0.heartbeat_seconds'],
    ['a bound as a number', { ...CHAINLINK, min_price: 100 }, 'CHAINS.0.price_feeds.0.min_price'],
    ['a bound with an exponent', { ...CHAINLINK, max_price: '1e9' }, 'CHAINS.0.price_feeds.0.max_price'],
    ['one bound alone', { ...CHAINLINK, max_price: undefined }, 'CHAINS.0.price_feeds.0.max_price'],
    ['bounds the wrong way round', { ...CHAINLINK, max_price: '99.5' }, 'CHAINS.0.price_feeds.0.max_price'],
    [
      'neither reference nor bounds',
      { ...CHAINLINK, min_price: undefined, max_price: undefined },
      'CHAINS.0.price_feeds.0.reference',
    ],
    [
      'itself for a reference',
      { ...CHAINLINK, reference: { ...REFERENCE, address: ADDRESS.toUpperCase().replace('X', 'x') } },
      'CHAINS.0.price_feeds.0.reference.address',
    ],
    [
      'a deviation that allows everything',
      { ...CHAINLINK, reference: { ...REFERENCE, max_deviation_bps: 10_000 } },
      'CHAINS.0.price_feeds.0.reference.max_deviation_bps',
    ],
    ['a fixed price of nothing', { ...FIXED, price: '0' }, 'CHAINS.0.price_feeds.0.price'],
    ['a negative fixed price', { ...FIXED, price: '-1' }, 'CHAINS.0.price_feeds.0.price'],
    ['a fixed price as a number', { ...FIXED, price: 1 }, 'CHAINS.0.price_feeds.0.price'],
  ])('stop the function with %s, by name', (_what, feed, field) => {
    const error = caught(HavenError, () => load([feed]));
    expect(error.code).toBe('CONFIGURATION');
    expect(error.message).toContain(field);
  });

  it('have a pair once, in whatever case: both would stand behind one circuit', () => {
    const error = caught(HavenError, () => load([CHAINLINK, { ...FIXED, asset: 'eth' }]));
    expect(error.message).toContain('CHAINS.0.price_feeds: has the same asset and currency twice');
  });
});
