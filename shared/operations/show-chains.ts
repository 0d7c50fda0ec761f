import type * as z from 'zod';
import type { BreakerDirectory } from '#shared/platform/breaker/breaker-store.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { PriceFeedConfig } from '#shared/platform/chain/price-feed-config.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { decimalText } from '#shared/platform/money/decimal.ts';
import type { QuotedPrice } from '#shared/prices/price.ts';
import { feedCircuit, type PriceSource, PriceUnavailable } from '#shared/prices/price-source.ts';
import { noopCapWei } from '#shared/transactions/lane/fee-quotes.ts';
import type { listChainsRoute, priceReasonSchema } from './chain-routes.ts';

/** What showing the chains needs. */
export interface ChainsDependencies {
  readonly chains: ChainRegistry;
  readonly clients: ChainClients;
  /** The names of a chain's RPC endpoints. */
  readonly endpointNames: (chainId: number) => Promise<readonly string[]>;
  readonly prices: PriceSource;
  readonly breakers: Pick<BreakerDirectory, 'read'>;
  readonly clock: Clock;
}

type ChainsView = z.input<typeof listChainsRoute.response>;
type ChainView = ChainsView['data'][number];
type FeedView = ChainView['price_feeds'][number];
type CircuitView = ChainView['endpoints'][number]['circuit'];

/** One endpoint may take 4 s; the operator is told what there is before a request is given up. */
const CHAIN_MS = 5_000;

/** Shows the configured chains, each by itself: one that fails or hangs takes nothing from the others. */
export async function showChains(deps: ChainsDependencies, deadline: Deadline, log: Log): Promise<ChainsView> {
  const within = Deadline.in(deadline.capMs(CHAIN_MS), deps.clock);
  const data = await Promise.all(deps.chains.all().map((chain) => showChain(deps, chain, within, log)));
  return { at: isoTime(deps.clock()), data };
}

async function showChain(
  deps: ChainsDependencies,
  chain: ChainConfig,
  deadline: Deadline,
  log: Log,
): Promise<ChainView> {
  // Circuits last: they show what became of these very calls.
  const [head, feeds] = await Promise.all([
    headOf(deps, chain, deadline, log),
    Promise.all(
      (chain.price_feeds ?? []).map(async (feed) => ({
        name: feedCircuit(chain.chain_id, feed),
        view: await askFeed(deps, chain.chain_id, feed, deadline, log),
      })),
    ),
  ]);
  const [endpoints, price_feeds] = await Promise.all([
    endpointsOf(deps, chain, log),
    Promise.all(
      feeds.map(async ({ name, view }) => ({
        ...view,
        circuit: name === undefined ? null : await circuitOf(deps, name, log),
      })),
    ),
  ]);
  const { chain_id, name, native_asset, required_confirmations, block_time_ms, in_flight_cap } = chain;
  return {
    ...{ chain_id, name, native_asset, required_confirmations, block_time_ms, in_flight_cap },
    max_fee_per_gas: chain.max_fee_per_gas_wei,
    max_noop_fee_per_gas: noopCapWei(chain, undefined).toString(),
    ...head,
    ...endpoints,
    price_feeds,
  };
}

async function headOf(
  { clients, clock }: ChainsDependencies,
  { chain_id, name }: ChainConfig,
  deadline: Deadline,
  log: Log,
): Promise<Pick<ChainView, 'head' | 'head_error'>> {
  try {
    const { number, timestampSeconds } = await (await clients.for(chain_id)).head(deadline);
    const age_seconds = Math.max(0, Math.floor(clock() / 1_000) - timestampSeconds);
    return { head: { number, time: isoTime(timestampSeconds * 1_000), age_seconds }, head_error: null };
  } catch (error) {
    log.write('DEPENDENCY_FAILED', { dependency: name, error });
    return { head: null, head_error: codeOf(error) };
  }
}

async function endpointsOf(
  deps: ChainsDependencies,
  { chain_id, name }: ChainConfig,
  log: Log,
): Promise<Pick<ChainView, 'endpoints' | 'endpoints_error'>> {
  try {
    const names = await deps.endpointNames(chain_id);
    const endpoints = names.map(async (endpoint) => ({
      name: endpoint,
      circuit: await circuitOf(deps, `rpc:${chain_id}:${endpoint}`, log),
    }));
    return { endpoints: await Promise.all(endpoints), endpoints_error: null };
  } catch (error) {
    log.write('DEPENDENCY_FAILED', { dependency: name, error });
    return { endpoints: [], endpoints_error: codeOf(error) };
  }
}

async function askFeed(
  { prices }: ChainsDependencies,
  chainId: number,
  feed: PriceFeedConfig,
  deadline: Deadline,
  log: Log,
): Promise<Omit<FeedView, 'circuit'>> {
  const { asset, currency, kind } = feed;
  const facts = { asset, currency, source: kind, address: kind === 'fixed' ? null : feed.address };
  try {
    const price = await prices.price({ chainId, asset, currency }, deadline);
    return { ...facts, usable: true, reason: null, detail: null, ...priceView(price) };
  } catch (error) {
    log.write('DEPENDENCY_FAILED', { dependency: `price of ${asset} in ${currency}`, error });
    if (error instanceof PriceUnavailable) {
      return { ...facts, usable: false, reason: error.fault, detail: error.detail, ...priceView(error.quoted) };
    }
    const detail = error instanceof HavenError ? error.message : null;
    return { ...facts, usable: false, reason: reasonOf(error), detail, ...priceView(undefined) };
  }
}

type PriceView = Pick<FeedView, 'price' | 'updated_at' | 'age_seconds' | 'block_number'>;

function priceView(price: QuotedPrice | undefined): PriceView {
  if (price === undefined) return { price: null, updated_at: null, age_seconds: null, block_number: null };
  const { updatedAtSeconds, readAtSeconds, blockNumber } = price;
  const isDated = updatedAtSeconds !== null && readAtSeconds !== null;
  return {
    price: decimalText(price),
    updated_at: updatedAtSeconds === null ? null : isoTime(updatedAtSeconds * 1_000),
    age_seconds: isDated ? Math.max(0, readAtSeconds - updatedAtSeconds) : null,
    block_number: blockNumber,
  };
}

function reasonOf(error: unknown): z.output<typeof priceReasonSchema> {
  const code = codeOf(error);
  if (code === 'CIRCUIT_OPEN') return 'circuit_open';
  return code === 'RPC_CONNECTION' ? 'unreachable' : 'misconfigured';
}

async function circuitOf({ breakers }: ChainsDependencies, name: string, log: Log): Promise<CircuitView> {
  try {
    const state = (await breakers.read(name))?.state;
    const until = state?.open_until_ms ?? null;
    return {
      name,
      status: state?.status ?? 'closed',
      retry_at: until === null ? null : isoTime(until),
      cause: state?.history[0]?.cause ?? null,
    };
  } catch (error) {
    log.write('DEPENDENCY_FAILED', { dependency: `the circuit ${name}`, error });
    return { name, status: null, retry_at: null, cause: null };
  }
}

function codeOf(error: unknown): string {
  return error instanceof HavenError ? error.code : 'INTERNAL';
}
