import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import type { ChainlinkFeedConfig } from '#shared/platform/chain/price-feed-config.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';
import type { FeedAnswer, Round } from '#shared/prices/feed-reading.ts';
import { TEST_NOW_MS } from './fake-clock.ts';
import { answered, createFakeRpc, type FakeRpc } from './fake-rpc.ts';

/** When tests take place, in seconds since the Unix epoch. */
export const NOW_SECONDS = Math.floor(TEST_NOW_MS / 1_000);

/** Addresses of the feeds of tests. */
export const FEEDS = {
  eth: `0x${'e'.repeat(40)}`,
  reference: `0x${'f'.repeat(40)}`,
  sequencer: `0x${'5'.repeat(40)}`,
} as const;

/** A feed of ETH in USD that updates hourly, with bounds wide enough for most. */
export const ETH_USD: ChainlinkFeedConfig = {
  kind: 'chainlink',
  asset: 'ETH',
  currency: 'USD',
  address: FEEDS.eth,
  heartbeat_seconds: 3_600,
  heartbeat_margin_seconds: 300,
  min_price: '1',
  max_price: '100000',
};

/** A good round, a minute old. */
export function round(overrides: Partial<Round> = {}): Round {
  const at = BigInt(NOW_SECONDS - 60);
  const roundId = (7n << 64n) + 3n;
  return {
    roundId,
    answer: 2_500_00000000n,
    startedAtSeconds: at,
    updatedAtSeconds: at,
    answeredInRound: roundId,
    ...overrides,
  };
}

/** What a feed says: a good round with 8 decimals, unless told otherwise. */
export function says(overrides: Partial<Round> = {}, decimals = 8): Extract<FeedAnswer, { ok: true }> {
  return { ok: true, decimals, round: round(overrides) };
}

/** A 32-byte word of what a contract returns. */
export function word(value: bigint): string {
  return BigInt.asUintN(256, value).toString(16).padStart(64, '0');
}

/** What latestRoundData returns. */
export function roundBytes(one: Round): string {
  const words = [one.roundId, one.answer, one.startedAtSeconds, one.updatedAtSeconds, one.answeredInRound];
  return `0x${words.map(word).join('')}`;
}

/** A contract of the chain of tests: a feed, one that reverts, or none. */
export type FakeFeed = FeedAnswer | 'reverts' | 'no code';

/** A chain with feeds on it, which a test may change, and what it was asked. */
export interface FeedChain {
  readonly client: ChainClient;
  readonly rpc: FakeRpc;
  readonly feeds: Map<string, FakeFeed>;
  head: { number: number; timestampSeconds: number };
  /** Set: no endpoint answers. */
  failure: Error | undefined;
}

/**
 * A chain whose head is of this moment.
 *
 * @param feeds contracts by address
 */
export function createFeedChain(feeds: Readonly<Record<string, FakeFeed>> = { [FEEDS.eth]: says() }): FeedChain {
  const rpc = createFakeRpc((calls) => {
    if (chain.failure !== undefined) throw chain.failure;
    return calls.map((call) => answerTo(call));
  });
  const chain: FeedChain = {
    client: new ChainClient(rpc),
    rpc,
    feeds: new Map(Object.entries(feeds)),
    head: { number: 100, timestampSeconds: NOW_SECONDS - 2 },
    failure: undefined,
  };
  function answerTo({ method, params }: RpcCall): RpcOutcome {
    if (method === 'eth_getBlockByNumber') {
      const { number, timestampSeconds } = chain.head;
      return answered({ number: hex(number), hash: `0x${'b'.repeat(64)}`, timestamp: hex(timestampSeconds) });
    }
    const [{ to, data }] = callParams(params);
    return feedOutcome(chain.feeds.get(to) ?? 'no code', data);
  }
  return chain;
}

function callParams(params: readonly unknown[]): readonly [{ to: string; data: string }] {
  const [call] = params;
  if (typeof call !== 'object' || call === null || !('to' in call) || !('data' in call)) throw new Error('no call');
  return [{ to: String(call.to), data: String(call.data) }];
}

function feedOutcome(feed: FakeFeed, data: string): RpcOutcome {
  if (feed === 'reverts') {
    return { ok: false, error: new RpcResponseError('execution reverted: No data present', 3, undefined) };
  }
  if (feed === 'no code' || !feed.ok) return answered('0x');
  return answered(data === '0x313ce567' ? `0x${word(BigInt(feed.decimals))}` : roundBytes(feed.round));
}

const hex = (value: number) => `0x${value.toString(16)}`;
