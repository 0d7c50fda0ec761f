import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deploySettableFeed, type FeedRound, setFeedAnswer, setFeedRound } from '#contracts/deploy-feed.ts';
import { createChainClients } from '#shared/platform/chain/chain-clients.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { type ChainlinkFeedConfig, chainlinkFeedSchema } from '#shared/platform/chain/price-feed-config.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createPriceSource, PriceUnavailable } from '#shared/prices/price-source.ts';
import { quote } from '#shared/prices/quote.ts';
import { type Anvil, startAnvil } from '#test/support/anvil.ts';
import { type BreakerBench, breakerBench } from '#test/support/fakes/breakers.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { nowhere } from '#test/support/fakes/rpc-server.ts';

const PRICE = 2_500_00000000n;
const CIRCUIT = 'price:31337:eth-usd';

let anvil: Anvil;
let sender: { readonly rpcUrl: string; readonly privateKey: string };
let feed: string;
let reference: string;
let sequencer: string;

beforeAll(async () => {
  anvil = await startAnvil();
  sender = { rpcUrl: anvil.rpcUrl, privateKey: anvil.accounts[0].privateKey };
  const deploy = (decimals: number, description: string, answer: bigint) =>
    deploySettableFeed(sender, { decimals, description, answer });
  feed = await deploy(8, 'ETH / USD', PRICE);
  reference = await deploy(18, 'ETH / USD', 2_510n * 10n ** 18n);
  sequencer = await deploy(0, 'L2 Sequencer Uptime Status Feed', 0n);
});
afterAll(() => anvil.stop());
beforeEach(async () => {
  await setFeedAnswer(sender, feed, PRICE);
  await setFeedAnswer(sender, reference, 2_510n * 10n ** 18n);
  await setFeedRound(sender, sequencer, sequencerRound(0n, 7_200));
});

const secondsAgo = (seconds: number) => BigInt(Math.floor(Date.now() / 1_000) - seconds);
const sequencerRound = (answer: bigint, sinceSeconds: number): FeedRound => ({
  ...{ roundId: 2n, answeredInRound: 2n, answer },
  startedAt: secondsAgo(sinceSeconds),
  updatedAt: secondsAgo(sinceSeconds),
});

/** A good round of the feed, unless told otherwise. */
const setRound = (overrides: Partial<FeedRound>) =>
  setFeedRound(sender, feed, {
    ...{ roundId: 9n, answeredInRound: 9n, answer: PRICE, startedAt: secondsAgo(60), updatedAt: secondsAgo(60) },
    ...overrides,
  });

function config(overrides: object = {}): ChainlinkFeedConfig {
  return chainlinkFeedSchema.parse({
    ...{ kind: 'chainlink', asset: 'ETH', currency: 'USD', address: feed, heartbeat_seconds: 3_600 },
    ...{ min_price: '100', max_price: '100000' },
    ...overrides,
  });
}

/** The prices of the chain as a function has them: through the endpoints of its secret, behind circuits. */
function prices(overrides: object = {}, rpcUrl = anvil.rpcUrl, bench: BreakerBench = breakerBench()) {
  const chains = [{ ...TEST_CHAIN, price_feeds: [config(overrides)] }];
  const endpoints = { current: rpcUrl };
  const clients = createChainClients(async () => ({ '31337': [endpoints.current] }), bench.log.log, {
    breakers: bench.breakers,
    chains,
    metrics: bench.metrics.metrics,
  });
  const source = createPriceSource({
    chains: new ChainRegistry(chains),
    clients,
    breakers: bench.breakers,
    clock: systemClock,
  });
  const ask = () => source.price({ chainId: 31_337, asset: 'ETH', currency: 'USD' }, Deadline.in(5_000, systemClock));
  const fault = async () => (await caughtLater(PriceUnavailable, ask)).fault;
  return { ...bench, ask, fault, endpoints };
}

const withReference = (max_deviation_bps: number) => ({
  reference: { address: reference, heartbeat_seconds: 3_600, max_deviation_bps },
});
const withSequencer = () => ({ sequencer: { address: sequencer, grace_seconds: 3_600 } });

describe('a feed on a real chain', () => {
  it('has its price read, with when it was updated, at a block, and a quote made from it', async () => {
    const price = await prices().ask();
    expect(price).toMatchObject({ units: PRICE, decimals: 8, source: 'chainlink' });
    expect(price.blockNumber).toBeGreaterThan(0);
    expect(Math.abs((price.updatedAtSeconds ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
    expect(quote({ minorUnits: 2_500n, currency: 'USD' }, price, 18)).toBe(10n ** 16n);
  });

  it('may have 18 decimals', async () => {
    const price = await prices({ address: reference }).ask();
    expect(price).toMatchObject({ units: 2_510n * 10n ** 18n, decimals: 18 });
    expect(quote({ minorUnits: 251_000n, currency: 'USD' }, price, 18)).toBe(10n ** 18n);
  });

  it.each<[string, string, () => Partial<FeedRound>]>([
    ['stale', 'stale', () => ({ updatedAt: secondsAgo(3_960) })],
    ['negative', 'not_positive', () => ({ answer: -PRICE })],
    ['zero', 'not_positive', () => ({ answer: 0n })],
    ['of a round that has not ended', 'incomplete', () => ({ updatedAt: 0n })],
    ['carried over from the round before', 'incomplete', () => ({ answeredInRound: 8n })],
    ['from the future', 'future', () => ({ updatedAt: secondsAgo(-3_600) })],
    ['the lowest number there is', 'not_positive', () => ({ answer: -(2n ** 255n) })],
    ['the highest number there is', 'out_of_bounds', () => ({ answer: 2n ** 255n - 1n })],
    ['of a time that never comes', 'future', () => ({ updatedAt: 2n ** 256n - 1n })],
  ])('is refused while its answer is %s', async (_what, fault, overrides) => {
    await setRound(overrides());
    expect(await prices().fault()).toBe(fault);
    await setRound({});
    expect((await prices().ask()).units).toBe(PRICE);
  });

  it('is held against a feed of other decimals, and refused when that is too far off or unusable itself', async () => {
    expect((await prices(withReference(40)).ask()).units).toBe(PRICE);
    expect(await prices(withReference(39)).fault()).toBe('deviating');
    await setFeedAnswer(sender, reference, 0n);
    expect(await prices(withReference(5_000)).fault()).toBe('reference_unusable');
  });

  it.each<[string, string, () => FeedRound]>([
    ['is down', 'sequencer_down', () => sequencerRound(1n, 7_200)],
    ['came back a moment ago', 'sequencer_grace', () => sequencerRound(0n, 3_000)],
    ['was never seen', 'sequencer_unknown', () => ({ ...sequencerRound(0n, 0), startedAt: 0n })],
  ])('is refused while the sequencer %s', async (_what, fault, round) => {
    expect((await prices(withSequencer()).ask()).units).toBe(PRICE);
    await setFeedRound(sender, sequencer, round());
    expect(await prices(withSequencer()).fault()).toBe(fault);
  });

  it.each<[string, () => object]>([
    ['nothing is', () => ({ address: `0x${'9'.repeat(40)}` })],
    ['an account without code is', () => ({ address: anvil.accounts[1].address })],
  ])('is refused where %s', async (_what, overrides) => {
    expect(await prices(overrides()).fault()).toBe('no_answer');
  });

  it('is refused where the reference or the sequencer feed is nothing', async () => {
    const nothing = `0x${'9'.repeat(40)}`;
    expect(await prices({ reference: { ...withReference(100).reference, address: nothing } }).fault()).toBe(
      'reference_unusable',
    );
    expect(await prices({ sequencer: { address: nothing } }).fault()).toBe('sequencer_unknown');
  });
});

describe('the circuit before a feed', () => {
  it('opens after five stale answers, refuses, and closes by two good ones when its time is over', async () => {
    const { ask, fault, clock, deps } = prices();
    await setRound({ updatedAt: secondsAgo(100_000) });
    for (let failure = 0; failure < 5; failure += 1) expect(await fault()).toBe('stale');
    expect((await caughtLater(HavenError, ask)).code).toBe('CIRCUIT_OPEN');
    await setFeedAnswer(sender, feed, PRICE);
    expect((await caughtLater(HavenError, ask)).code).toBe('CIRCUIT_OPEN');
    clock.advance(30_000);
    await ask();
    expect((await deps.store.read(CIRCUIT))?.state.status).toBe('half_open');
    await ask();
    expect((await deps.store.read(CIRCUIT))?.state.status).toBe('closed');
  });

  it('opens when no endpoint answers five times, beside that of the endpoint, and closes when one does again', async () => {
    const { ask, clock, deps, endpoints } = prices({}, await nowhere());
    for (let failure = 0; failure < 5; failure += 1) {
      expect((await caughtLater(HavenError, ask)).code).toBe('RPC_CONNECTION');
    }
    expect((await caughtLater(HavenError, ask)).code).toBe('CIRCUIT_OPEN');
    expect((await deps.store.read('rpc:31337:endpoint-1'))?.state.status).toBe('open');
    clock.advance(30_000);
    endpoints.current = anvil.rpcUrl;
    await ask();
    await ask();
    expect((await deps.store.read(CIRCUIT))?.state.status).toBe('closed');
  });
});
