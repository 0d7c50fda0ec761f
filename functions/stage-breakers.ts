import { randomUUID } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Breakers, createBreakers } from '#shared/platform/breaker/breaker.ts';
import { breakerPolicy } from '#shared/platform/breaker/breaker-config.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';

/** The settings that a function with circuit breakers has. */
type BreakerConfig = Parameters<typeof breakerPolicy>[0] & { readonly EPHEMERAL_TABLE: string };

/** Circuit breakers that all functions of this stage share. */
export function stageBreakers(
  config: BreakerConfig,
  client: DynamoDBDocumentClient,
  { clock, log, metrics }: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics },
): Breakers {
  return createBreakers({
    store: createBreakerStore(client, config.EPHEMERAL_TABLE, clock),
    policy: breakerPolicy(config),
    clock,
    newProbeId: randomUUID,
    log,
    metrics,
  });
}
