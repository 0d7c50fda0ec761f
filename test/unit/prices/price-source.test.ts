import { describe, expect, it } from 'vitest';
import { breakerNameSchema } from '#shared/platform/breaker/breaker-state.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { PriceFeedConfig } from '#shared/platform/chain/price-feed-config.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createPriceSource, feedCircuit, PriceUnavailable } from '#shared/prices/price-source.ts';
import { breakerBench } from '#test/support/fakes/breakers.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { createFeedChain, ETH_USD, type FakeFeed, FEEDS, NOW_SECONDS, says } from '#test/support/fakes/price-feeds.ts';

const HAVEN: PriceFeedConfig = { kind: 'fixed', asset: 'HAVEN', currency: 'USD', price: '1.25' };
const PAIR = { chainId: TEST_CHAIN.chain_id, asset: 'ETH', currency: 'USD' };
const CIRCUIT = 'price:31337:eth-usd';
const STALE = says({ updatedAtSeconds: BigInt(NOW_SECONDS - 10_000) });

function source(feed: PriceFeedConfig = ETH_USD, feeds?: Readonly<Record<string, FakeFeed>>) {
  const bench = breakerBench();
  const chain = createFeedChain(feeds);
  const prices = createPriceSource({
    chains: new ChainRegistry([{ ...TEST_CHAIN, price_feeds: [feed, HAVEN] }]),
    clients: { for: async () => chain.client },
    breakers: bench.breakers,
    clock: bench.clock.now,
  });
  const ask = (pair = PAIR, withinMs = 5_000) => prices.price(pair, Deadline.in(withinMs, bench.clock.now));
  const refused = () => caughtLater(HavenError, () => ask());
  return { ...bench, chain, ask, refused };
}

describe('a price from a chain', () => {
  it('comes with what it is of, and where it is from', async () => {
    expect(await source().ask()).toEqual({
      ...PAIR,
      units: 2_500_00000000n,
      decimals: 8,
      updatedAtSeconds: NOW_SECONDS - 60,
      blockNumber: 100,
      readAtSeconds: NOW_SECONDS - 2,
      source: 'chainlink',
    });
  });

  it('is found in whatever case its pair is written', async () => {
    expect(await source().ask({ ...PAIR, asset: 'eth', currency: 'usd' })).toMatchObject({
      asset: 'ETH',
      currency: 'USD',
    });
  });

  it('is read in one batch after the head, with all that it is judged by, at that block', async () => {
    const reference = { address: FEEDS.reference, heartbeat_seconds: 3_600, max_deviation_bps: 100 };
    const sequencer = { address: FEEDS.sequencer, grace_seconds: 60 };
    const up = says({ answer: 0n, startedAtSeconds: 1n });
    const { ask, chain } = source(
      { ...ETH_USD, reference, sequencer },
      { [FEEDS.eth]: says(), [FEEDS.reference]: says(), [FEEDS.sequencer]: up },
    );
    await ask();
    expect(chain.rpc.asked.map((calls) => calls.map(({ method }) => method))).toEqual([
      ['eth_getBlockByNumber'],
      ['eth_call', 'eth_call', 'eth_call', 'eth_call', 'eth_call'],
    ]);
    expect(chain.rpc.asked[1]?.map(({ params }) => params[1])).toEqual(Array(5).fill('0x64'));
  });

  it.each<[string, FakeFeed]>([
    ['there is no contract', 'no code'],
    ['the contract refuses', 'reverts'],
  ])('is none where %s', async (_what, feed) => {
    const error = await caughtLater(PriceUnavailable, () => source(ETH_USD, { [FEEDS.eth]: feed }).ask());
    expect(error).toMatchObject({ fault: 'no_answer', quoted: undefined });
  });

  it('is refused as unavailable, with the reason and when to come back, and without words of others', async () => {
    const error = await source(ETH_USD, { [FEEDS.eth]: STALE }).refused();
    expect(error).toMatchObject({
      code: 'PRICE_UNAVAILABLE',
      status: 503,
      retryAfterSeconds: 30,
      details: { chain_id: 31_337, asset: 'ETH', currency: 'USD', reason: 'stale' },
    });
    expect(error.message).toBe('No price of ETH in USD: the answer is 9998 s old, 3900 s are allowed');
  });

  it('is judged anew each time: nothing is kept', async () => {
    const { ask, chain, refused } = source();
    await ask();
    chain.feeds.set(FEEDS.eth, STALE);
    expect((await refused()).code).toBe('PRICE_UNAVAILABLE');
    chain.feeds.set(FEEDS.eth, says());
    expect((await ask()).units).toBe(2_500_00000000n);
  });
});

describe('a fixed price', () => {
  it('is what is configured, of no time, and asks no chain', async () => {
    const { ask, chain } = source();
    chain.failure = new RpcTransportError('down');
    const price = await ask({ ...PAIR, asset: 'haven' });
    expect(price).toMatchObject({ asset: 'HAVEN', units: 125n, decimals: 2, updatedAtSeconds: null, source: 'fixed' });
    expect(chain.rpc.asked).toEqual([]);
  });
});

describe('the circuit before a feed', () => {
  it('has a name that breakers may have', () => {
    const name = feedCircuit(1, { ...ETH_USD, asset: 'USDC.e' });
    expect(name).toBe('price:1:usdc.e-usd');
    expect(breakerNameSchema.parse(name)).toBe(name);
    expect(feedCircuit(1, HAVEN)).toBeUndefined();
  });

  it.each<[string, (chain: ReturnType<typeof createFeedChain>) => void, string]>([
    ['unusable answers', (chain) => chain.feeds.set(FEEDS.eth, STALE), 'PRICE_UNAVAILABLE: No price of ETH in USD'],
    [
      'no endpoint answers',
      (chain) => {
        chain.failure = new RpcTransportError('The endpoint could not be reached');
      },
      'RPC_CONNECTION: The endpoint could not be reached',
    ],
    [
      'the endpoint serves another chain',
      (chain) => {
        chain.failure = new HavenError('CONFIGURATION', 'An RPC endpoint of chain 31337 serves chain 1');
      },
      'CONFIGURATION: An RPC endpoint',
    ],
  ])('opens after five of %s, lets probes through in time, and closes after two', async (_what, breakIt, cause) => {
    const { ask, chain, clock, breakers, refused, deps } = source();
    breakIt(chain);
    for (let failure = 0; failure < 5; failure += 1) expect((await refused()).code).not.toBe('CIRCUIT_OPEN');
    expect((await deps.store.read(CIRCUIT))?.state).toMatchObject({ status: 'open' });
    expect((await deps.store.read(CIRCUIT))?.state.history[0]?.cause).toContain(cause);
    const before = chain.rpc.asked.length;
    expect(await refused()).toMatchObject({ code: 'CIRCUIT_OPEN', status: 503, retryAfterSeconds: 30 });
    expect(chain.rpc.asked.length).toBe(before);
    clock.advance(30_000);
    chain.failure = undefined;
    chain.head = { number: 101, timestampSeconds: NOW_SECONDS + 28 };
    chain.feeds.set(FEEDS.eth, says());
    await ask();
    expect((await deps.store.read(CIRCUIT))?.state).toMatchObject({ status: 'half_open', successes: 1 });
    await ask();
    expect(await breakers.of(CIRCUIT).standing()).toMatchObject({ standing: 'pass' });
  });

  it('opens again at once when a probe finds the feed unusable still', async () => {
    const { chain, clock, refused, deps } = source(ETH_USD, { [FEEDS.eth]: STALE });
    for (let failure = 0; failure < 5; failure += 1) await refused();
    clock.advance(30_000);
    chain.head = { number: 101, timestampSeconds: NOW_SECONDS + 28 };
    expect((await refused()).code).toBe('PRICE_UNAVAILABLE');
    expect((await deps.store.read(CIRCUIT))?.state.status).toBe('open');
  });

  it('takes no notice of pairs and chains that are not configured', async () => {
    const { ask, deps } = source();
    for (const wrong of [{ asset: 'DOGE' }, { currency: 'EUR' }, { chainId: 5 }]) {
      for (let time = 0; time < 6; time += 1) {
        const error = await caughtLater(HavenError, () => ask({ ...PAIR, ...wrong }));
        expect(error.code).toBe('INVALID_PARAMETER');
      }
    }
    expect(await deps.store.read(CIRCUIT)).toBeUndefined();
    expect(await deps.store.read('price:31337:doge-usd')).toBeUndefined();
  });

  it('takes no notice of a silence for which a caller left no time', async () => {
    const { ask, chain, deps } = source();
    chain.failure = new RpcTransportError('The endpoint did not answer in time');
    for (let time = 0; time < 6; time += 1) {
      expect((await caughtLater(HavenError, () => ask(PAIR, 999))).code).toBe('RPC_CONNECTION');
    }
    expect(await deps.store.read(CIRCUIT)).toBeUndefined();
  });

  it('is another for each feed', async () => {
    const { refused, ask } = source(ETH_USD, { [FEEDS.eth]: STALE });
    for (let failure = 0; failure < 6; failure += 1) await refused();
    expect((await ask({ ...PAIR, asset: 'HAVEN' })).units).toBe(125n);
  });
});
