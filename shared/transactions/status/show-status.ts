import type * as z from 'zod';
import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Transaction } from '../transaction.ts';
import {
  BASELINE_BLOCKS,
  type GasPrice,
  gasPriceOf,
  LEGACY_BASELINE_BLOCKS,
  LEGACY_PERCENTILES,
  legacyGasPriceOf,
} from './gas-price.ts';
import type { transactionsStatusRoute } from './routes.ts';
import type { StatusStore } from './status-store.ts';
import {
  countFailures,
  DAY_MS,
  END_STATUSES,
  FAILURE_STATUSES,
  OPEN_STATUSES,
  oldestFirst,
  stuckOf,
} from './summary.ts';

/** What showing the status needs. */
export interface StatusDependencies {
  readonly store: StatusStore;
  readonly chains: ChainRegistry;
  readonly clients: ChainClients;
  readonly clock: Clock;
  readonly pendingThresholdMinutes: number;
  readonly gasSpikeThreshold: number;
}

type StatusView = z.input<typeof transactionsStatusRoute.response>;
type ChainGas = Pick<StatusView['by_chain'][number], 'gas' | 'gas_error'>;

/** Rows read of each open status, oldest first: among these are the stuck ones. */
const OPEN_ROWS = 200;
/** Rows read of each kind of failure, newest first. */
const FAILURE_ROWS = 200;
const MAX_STUCK_SHOWN = 100;
const MAX_LANES_SHOWN = 100;

/** Shows how transactions are getting on, from indexes; a chain that doesn't answer takes nothing from the others. */
export async function showStatus(deps: StatusDependencies, deadline: Deadline, log: Log): Promise<StatusView> {
  const nowMs = deps.clock();
  const sinceMs = nowMs - DAY_MS;
  const [byStatus, opens, failures, lanes, gas] = await Promise.all([
    countAll(deps.store, sinceMs),
    Promise.all(OPEN_STATUSES.map((status) => deps.store.some(status, 'oldest', OPEN_ROWS))),
    Promise.all(FAILURE_STATUSES.map((status) => deps.store.some(status, 'newest', FAILURE_ROWS))),
    deps.store.lanes(MAX_LANES_SHOWN),
    Promise.all(deps.chains.all().map((chain) => gasOf(deps, chain, deadline, log))),
  ]);
  const open = opens.flatMap(({ rows }) => rows);
  const failed = failures.flatMap(({ rows }) => rows);
  const stuck = stuckOf(open, nowMs, deps.pendingThresholdMinutes * 60_000);
  const pending = (transaction: Transaction | undefined) =>
    transaction === undefined ? null : pendingView(transaction, nowMs);
  return {
    at: isoTime(nowMs),
    pending_threshold_minutes: deps.pendingThresholdMinutes,
    by_status: byStatus,
    by_chain: deps.chains.all().map(({ chain_id, name }, index) => {
      const ofChain = (transactions: readonly Transaction[]) => transactions.filter((one) => one.chain_id === chain_id);
      const chainLanes = lanes.rows.filter((lane) => lane.chainId === chain_id);
      return {
        chain_id,
        name,
        queued: chainLanes.reduce((sum, lane) => sum + lane.queued, 0),
        in_flight: chainLanes.reduce((sum, lane) => sum + lane.inFlight, 0),
        oldest_pending: pending(oldestFirst(ofChain(open))[0]),
        stuck: ofChain(stuck).length,
        failures: countFailures(failed, chain_id, nowMs),
        ...(gas[index] ?? { gas: null, gas_error: null }),
      };
    }),
    by_lane: lanes.rows.map(({ chainId, address, walletId, queued, inFlight }) => ({
      ...{ chain_id: chainId, address, wallet_id: walletId, queued, in_flight: inFlight },
    })),
    by_lane_truncated: lanes.truncated,
    oldest_pending: pending(oldestFirst(open)[0]),
    stuck: stuck.slice(0, MAX_STUCK_SHOWN).map((transaction) => pendingView(transaction, nowMs)),
    stuck_truncated: stuck.length > MAX_STUCK_SHOWN || opens.some(({ truncated }) => truncated),
    failures_truncated: failures.some(({ truncated }) => truncated),
  };
}

function countAll(store: StatusStore, sinceMs: number): Promise<StatusView['by_status']> {
  const whole = OPEN_STATUSES.map(async (status) => ({ status, ...(await store.count(status)), accepted_since: null }));
  const recent = END_STATUSES.map(async (status) => ({
    status,
    ...(await store.count(status, sinceMs)),
    accepted_since: isoTime(sinceMs),
  }));
  return Promise.all([...whole, ...recent]);
}

async function gasOf(
  { clients, gasSpikeThreshold }: StatusDependencies,
  { chain_id, name, fee_model }: ChainConfig,
  deadline: Deadline,
  log: Log,
): Promise<ChainGas> {
  try {
    const price = await askGasPrice(await clients.for(chain_id), fee_model, gasSpikeThreshold, deadline);
    if (price === undefined) return { gas: null, gas_error: null };
    const gas = {
      measure: fee_model === 'legacy' ? ('gas_price' as const) : ('base_fee' as const),
      price_per_gas: price.nowWei.toString(),
      baseline_price_per_gas: price.baselineWei.toString(),
      ratio: `${price.ratioHundredths / 100n}.${String(price.ratioHundredths % 100n).padStart(2, '0')}`,
      spike: price.isSpike,
    };
    return { gas, gas_error: null };
  } catch (error) {
    log.write('DEPENDENCY_FAILED', { dependency: name, error });
    return { gas: null, gas_error: error instanceof HavenError ? error.code : 'INTERNAL' };
  }
}

/** @throws RpcTransportError */
async function askGasPrice(
  client: ChainClient,
  feeModel: ChainConfig['fee_model'],
  spikeThreshold: number,
  deadline: Deadline,
): Promise<GasPrice | undefined> {
  if (feeModel !== 'legacy') {
    return gasPriceOf(await client.feeHistory(BASELINE_BLOCKS, [], deadline), spikeThreshold);
  }
  const [suggestedWei, history] = await Promise.all([
    client.gasPrice(deadline),
    client.feeHistory(LEGACY_BASELINE_BLOCKS, LEGACY_PERCENTILES, deadline),
  ]);
  return legacyGasPriceOf(suggestedWei, history, spikeThreshold);
}

function pendingView(transaction: Transaction, nowMs: number): StatusView['stuck'][number] {
  const { id, chain_id, wallet_id, from, status, waiting_for, created_at } = transaction;
  const age_seconds = Math.max(0, Math.round((nowMs - Date.parse(created_at)) / 1000));
  return { id, chain_id, wallet_id, from, status, waiting_for, created_at, age_seconds };
}
