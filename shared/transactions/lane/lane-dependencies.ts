import type { Signer } from '#shared/custody/signer.ts';
import type { WalletDirectory } from '#shared/custody/use-wallet.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import type { LaneStore } from './lane-store.ts';

/** What driving lanes needs. */
export interface LaneDependencies {
  readonly store: LaneStore;
  readonly wallets: Pick<WalletDirectory, 'identity'>;
  readonly chains: ChainRegistry;
  readonly clients: ChainClients;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly sleep: Sleep;
  /** For transactions of the lane's own. */
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The actor that audit entries of lane work name. */
export const LANE_ACTOR = 'lane-worker';
