import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { stageBreakers } from './stage-breakers.ts';
import { stageChainClients } from './stage-secrets.ts';

/** The settings that a function has that asks chains. */
type ChainsConfig = Parameters<typeof stageBreakers>[0] & {
  readonly RPC_SECRET_ARN: string;
  readonly CHAINS: readonly ChainConfig[];
};

/**
 * Clients of this stage's chains, behind the circuits that all of its functions share.
 *
 * @param timeoutMs what one call to an endpoint may take; absent: as everywhere
 */
export function stageChains(
  config: ChainsConfig,
  client: DynamoDBDocumentClient,
  parts: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics },
  timeoutMs?: number,
): ChainClients {
  return stageChainClients(config.RPC_SECRET_ARN, parts.clock, parts.log, {
    breakers: stageBreakers(config, client, parts),
    chains: config.CHAINS,
    metrics: parts.metrics,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}
