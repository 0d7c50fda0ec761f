import { type Breakers, throughBreaker } from '#shared/platform/breaker/breaker.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { isEndpointsFault } from '#shared/platform/chain/pool-failures.ts';
import { type ChainlinkFeedConfig, type PriceFeedConfig, pairKey } from '#shared/platform/chain/price-feed-config.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { parseDecimal } from '#shared/platform/money/decimal.ts';
import { judgePrice } from './judge-price.ts';
import type { Pair, Price, PriceFault, QuotedPrice } from './price.ts';
import { readFeed } from './read-feed.ts';

/** Where prices come from. */
export interface PriceSource {
  /**
   * The price of an asset, judged at this moment; nothing is kept from one call to the next.
   *
   * @param pair symbols in any case
   * @throws INVALID_PARAMETER for a pair that is not configured, PRICE_UNAVAILABLE (a PriceUnavailable), CIRCUIT_OPEN, RPC_CONNECTION, CONFIGURATION
   */
  price(pair: Pair, deadline: Deadline): Promise<Price>;
}

/** When a feed is worth asking again: what is wrong with one lasts for blocks, not for moments. */
const RETRY_AFTER_SECONDS = 30;

/** With less time than this left, that no endpoint answered is whose call it was, and not the feed's fault. */
const FAIR_MS = 1_000;

/** A feed answers nothing that may be used. */
export class PriceUnavailable extends HavenError {
  readonly fault: PriceFault;
  /** Ends a sentence. */
  readonly detail: string;
  /** What the feed says all the same; not for use. */
  readonly quoted: QuotedPrice | undefined;

  constructor(pair: Pair, fault: PriceFault, detail: string, quoted: QuotedPrice | undefined) {
    const { chainId: chain_id, asset, currency } = pair;
    super('PRICE_UNAVAILABLE', `No price of ${asset} in ${currency}: ${detail}`, {
      details: { chain_id, asset, currency, reason: fault },
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
    this.name = 'PriceUnavailable';
    this.fault = fault;
    this.detail = detail;
    this.quoted = quoted;
  }
}

/**
 * The name of the circuit before a feed: `price:1:eth-usd`. All processes share it.
 *
 * @returns undefined for a fixed price, which nothing can keep from being said
 */
export function feedCircuit(chainId: number, feed: PriceFeedConfig): string | undefined {
  return feed.kind === 'fixed' ? undefined : `price:${chainId}:${pairKey(feed)}`;
}

/** What prices are had with. */
export interface PriceDependencies {
  readonly chains: ChainRegistry;
  readonly clients: ChainClients;
  readonly breakers: Breakers;
  readonly clock: Clock;
}

/** The prices that are configured. */
export function createPriceSource(deps: PriceDependencies): PriceSource {
  return {
    async price({ chainId, asset, currency }, deadline) {
      const chain = deps.chains.get(chainId, 'chain_id');
      const feed = requireFeed(chain, asset, currency);
      const pair: Pair = { chainId, asset: feed.asset, currency: feed.currency };
      if (feed.kind === 'fixed') {
        const never = { updatedAtSeconds: null, blockNumber: null, readAtSeconds: null };
        return { ...pair, ...parseDecimal(feed.price), ...never, source: 'fixed' };
      }
      const breaker = deps.breakers.of(feedCircuit(chainId, feed) ?? '');
      const isFair = deadline.allows(FAIR_MS);
      return throughBreaker(
        breaker,
        () => chainlinkPrice(deps, chain, feed, pair, deadline),
        (error) => error instanceof PriceUnavailable || (isFair && isEndpointsFault(error)),
      );
    },
  };
}

function requireFeed({ chain_id, price_feeds = [] }: ChainConfig, asset: string, currency: string): PriceFeedConfig {
  const key = pairKey({ asset, currency });
  const feed = price_feeds.find((one) => pairKey(one) === key);
  if (feed !== undefined) return feed;
  const known = price_feeds.map((one) => `${one.asset}/${one.currency}`);
  throw new HavenError('INVALID_PARAMETER', `Chain ${chain_id} has no price of that asset in that currency`, {
    details: { fields: [{ field: 'asset', message: 'has no price in that currency' }], known_pairs: known },
  });
}

async function chainlinkPrice(
  { clients, clock }: PriceDependencies,
  chain: ChainConfig,
  feed: ChainlinkFeedConfig,
  pair: Pair,
  deadline: Deadline,
): Promise<Price> {
  const reading = await readFeed(await clients.for(chain.chain_id), feed, deadline);
  const verdict = judgePrice(reading, feed, clock(), chain.block_time_ms);
  if (!verdict.usable) throw new PriceUnavailable(pair, verdict.fault, verdict.detail, verdict.price);
  return { ...pair, ...verdict.price, source: 'chainlink' };
}
