import { describe, expect, it } from 'vitest';
import { listChainsRoute } from '#shared/operations/chain-routes.ts';
import { showChains } from '#shared/operations/show-chains.ts';
import type { BreakerRecord } from '#shared/platform/breaker/breaker-store.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { type ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createPriceSource } from '#shared/prices/price-source.ts';
import { breakerBench } from '#test/support/fakes/breakers.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { createFeedChain, ETH_USD, FEEDS, NOW_SECONDS, says } from '#test/support/fakes/price-feeds.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

const CHAIN: ChainConfig = {
  ...TEST_CHAIN,
  price_feeds: [ETH_USD, { kind: 'fixed', asset: 'HAVEN', currency: 'USD', price: '1.50' }],
};
const OTHER: ChainConfig = { ...CHAIN, chain_id: 10, name: 'other', max_noop_fee_per_gas_wei: '7' };

/** A status API of two chains of which the second is as a test has it. */
function desk(other: 'well' | 'down' | 'without endpoints' | 'hanging' = 'well') {
  const bench = breakerBench();
  const chain = createFeedChain();
  const second = createFeedChain();
  if (other === 'down') second.failure = new RpcTransportError('The endpoint could not be reached');
  /** Never answers before the deadline that it is given, as HTTP does. */
  const hanging = new ChainClient({
    ask: async (_calls, _read, deadline) => {
      bench.clock.advance(deadline.remainingMs());
      throw new RpcTransportError('The endpoint did not answer in time');
    },
  });
  const chains = new ChainRegistry([CHAIN, OTHER]);
  const clients = {
    for: async (chainId: number) => {
      if (chainId === CHAIN.chain_id) return chain.client;
      if (other === 'without endpoints') throw new HavenError('CONFIGURATION', 'The RPC secret has no endpoint');
      return other === 'hanging' ? hanging : second.client;
    },
  };
  const log = createRecordingLog();
  let storeFails = false;
  let secretFails = false;
  const deps = {
    chains,
    clients,
    endpointNames: async (chainId: number) => {
      if (secretFails) throw new HavenError('CONFIGURATION', 'The secret RPC_SECRET could not be read');
      return chainId === CHAIN.chain_id ? ['alpha', 'beta'] : ['gamma'];
    },
    prices: createPriceSource({ chains, clients, breakers: bench.breakers, clock: bench.clock.now }),
    breakers: {
      read: async (name: string): Promise<BreakerRecord | undefined> => {
        if (storeFails) throw new Error('no table');
        return bench.deps.store.read(name);
      },
    },
    clock: bench.clock.now,
  };
  const show = async (withinMs = 20_000) => {
    const shown = await showChains(deps, Deadline.in(withinMs, bench.clock.now), log.log);
    const { data } = listChainsRoute.response.parse(shown);
    const [one, two] = data;
    if (one === undefined || two === undefined) throw new Error('a chain is missing');
    return { one, two, text: JSON.stringify(shown) };
  };
  return {
    ...bench,
    chain,
    log,
    show,
    failStore: () => {
      storeFails = true;
    },
    failSecret: () => {
      secretFails = true;
    },
  };
}

const closed = (name: string) => ({ name, status: 'closed', retry_at: null, cause: null });

describe('the chains', () => {
  it('are shown with what is configured, their heads, endpoints and prices', async () => {
    const { one, two } = await desk().show();
    expect(one).toEqual({
      chain_id: 31_337,
      name: 'test',
      native_asset: 'ETH',
      required_confirmations: 3,
      block_time_ms: 2_000,
      in_flight_cap: 4,
      max_fee_per_gas: '100000000000',
      max_noop_fee_per_gas: '200000000000',
      head: { number: 100, time: isoTime((NOW_SECONDS - 2) * 1_000), age_seconds: 2 },
      head_error: null,
      endpoints: [
        { name: 'alpha', circuit: closed('rpc:31337:alpha') },
        { name: 'beta', circuit: closed('rpc:31337:beta') },
      ],
      endpoints_error: null,
      price_feeds: [
        {
          asset: 'ETH',
          currency: 'USD',
          source: 'chainlink',
          address: FEEDS.eth,
          usable: true,
          reason: null,
          detail: null,
          price: '2500',
          updated_at: isoTime((NOW_SECONDS - 60) * 1_000),
          age_seconds: 58,
          block_number: 100,
          circuit: closed('price:31337:eth-usd'),
        },
        {
          asset: 'HAVEN',
          currency: 'USD',
          source: 'fixed',
          address: null,
          usable: true,
          reason: null,
          detail: null,
          price: '1.5',
          updated_at: null,
          age_seconds: null,
          block_number: null,
          circuit: null,
        },
      ],
    });
    expect(two).toMatchObject({ chain_id: 10, max_noop_fee_per_gas: '7', price_feeds: [{ usable: true }, {}] });
  });

  it('show a price that is not usable, with what it says and why', async () => {
    const { chain, show } = desk();
    chain.feeds.set(FEEDS.eth, says({ answer: -5n, updatedAtSeconds: 2n ** 255n }));
    expect((await show()).one.price_feeds[0]).toMatchObject({
      usable: false,
      reason: 'not_positive',
      detail: 'the answer is -5',
      price: '-0.00000005',
      updated_at: null,
      age_seconds: null,
    });
  });

  it('show the circuit that a look has just opened, and that no feed is asked then', async () => {
    const { chain, show } = desk();
    chain.feeds.set(FEEDS.eth, says({ answer: 0n }));
    for (let look = 0; look < 4; look += 1) {
      expect((await show()).one.price_feeds[0]?.circuit?.status).toBe('closed');
    }
    const circuit = {
      name: 'price:31337:eth-usd',
      status: 'open',
      retry_at: isoTime(TEST_NOW_MS + 30_000),
      cause: 'PRICE_UNAVAILABLE: No price of ETH in USD: the answer is 0',
    };
    expect((await show()).one.price_feeds[0]).toMatchObject({ reason: 'not_positive', circuit });
    expect((await show()).one.price_feeds[0]).toMatchObject({
      usable: false,
      reason: 'circuit_open',
      price: null,
      circuit,
    });
  });

  it.each<['down' | 'without endpoints', string, string]>([
    ['down', 'RPC_CONNECTION', 'unreachable'],
    ['without endpoints', 'CONFIGURATION', 'misconfigured'],
  ])('are shown although one is %s', async (state, code, reason) => {
    const { show, log } = desk(state);
    const { one, two } = await show();
    expect(one).toMatchObject({ head: { number: 100 }, price_feeds: [{ usable: true }, {}] });
    expect(two).toMatchObject({
      head: null,
      head_error: code,
      endpoints: [{ name: 'gamma' }],
      price_feeds: [
        { usable: false, reason, price: null },
        { usable: true, price: '1.5' },
      ],
    });
    expect(log.of('DEPENDENCY_FAILED').length).toBeGreaterThan(0);
  });

  it('wait for one that hangs for seconds, and no longer than the request may', async () => {
    for (const [withinMs, waitedMs] of [
      [20_000, 5_000],
      [1_500, 1_500],
    ] as const) {
      const { show, clock } = desk('hanging');
      const before = clock.now();
      const { two } = await show(withinMs);
      expect(clock.now() - before).toBe(waitedMs);
      expect(two).toMatchObject({ head: null, head_error: 'RPC_CONNECTION' });
    }
  });

  it('are shown without what cannot be read about circuits and endpoints', async () => {
    const { show, failStore, failSecret } = desk();
    failStore();
    const { one } = await show();
    expect(one.endpoints[0]?.circuit).toEqual({ ...closed('rpc:31337:alpha'), status: null });
    expect(one.price_feeds[0]).toMatchObject({ usable: true, circuit: { status: null } });
    failSecret();
    expect((await show()).one).toMatchObject({
      endpoints: [],
      endpoints_error: 'CONFIGURATION',
      head: { number: 100 },
    });
  });
});
