import type { WalletDirectory } from '#shared/custody/use-wallet.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { type LaneState, newLane } from '../lane/lane.ts';
import type { LaneReader } from '../lane/lane-reader.ts';
import { holes } from '../lane/nonces.ts';

/** What showing nonces needs. */
export interface NonceDependencies {
  readonly wallets: Pick<WalletDirectory, 'identity'>;
  readonly chains: ChainRegistry;
  readonly clients: ChainClients;
  readonly lanes: LaneReader;
}

/** The nonces of a wallet on a chain, as Haven and as the chain count them. */
export interface NonceStatus {
  readonly wallet_id: string;
  readonly address: string;
  readonly chain_id: number;
  readonly next: number;
  readonly chain_latest: number;
  readonly chain_pending: number;
  readonly gaps: number[];
  readonly in_flight: number;
  readonly foreign: LaneState['foreign'];
  readonly unexplained: number | null;
  readonly disputed_by: string | null;
  readonly alone_since: string | null;
  readonly synced_at: string | null;
}

/** A lane and what its chain counts. */
export interface CountedLane {
  readonly lane: LaneState;
  readonly counts: { readonly latest: number; readonly pending: number };
}

/**
 * Shows the nonces of a wallet on a chain. Both sides are read at about the same time, not at one: what was signed or
 * mined in between shows as a difference that is gone the next time.
 *
 * @throws WALLET_NOT_FOUND, INVALID_PARAMETER for a chain that is not configured, RPC_CONNECTION
 */
export async function showNonces(
  deps: NonceDependencies,
  walletId: string,
  chainId: number,
  deadline: Deadline,
): Promise<NonceStatus> {
  deps.chains.get(chainId, 'query.chain_id');
  return statusOf(await countLane(deps, walletId, chainId, deadline));
}

/** Reads a lane, and asks its chain for its counts. */
export async function countLane(
  { wallets, clients, lanes }: NonceDependencies,
  walletId: string,
  chainId: number,
  deadline: Deadline,
): Promise<CountedLane> {
  const { address } = await wallets.identity(walletId);
  const key = { chain_id: chainId, address };
  const client = await clients.for(chainId);
  const [lane, counts] = await Promise.all([lanes.get(key), client.counts(address, deadline)]);
  return { lane: lane ?? newLane(key, walletId), counts };
}

/** A lane as it is shown. */
export function statusOf({ lane, counts }: CountedLane): NonceStatus {
  return {
    wallet_id: lane.wallet_id,
    address: lane.address,
    chain_id: lane.chain_id,
    next: lane.next_nonce ?? counts.latest,
    chain_latest: counts.latest,
    chain_pending: counts.pending,
    gaps: [...holes(lane, { latestCount: counts.latest })],
    in_flight: lane.in_flight.length,
    foreign: lane.foreign,
    unexplained: lane.unexplained,
    disputed_by: lane.disputed_by,
    alone_since: lane.alone?.since ?? null,
    synced_at: lane.synced_at,
  };
}
