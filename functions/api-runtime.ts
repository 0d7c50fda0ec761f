import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { createAccessAudit } from '#shared/audit/access-audit.ts';
import { type Clock, systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { settings } from '#shared/platform/config/settings.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import type { AccessRecorder } from '#shared/platform/http/access-recorder.ts';
import { createApiHandler } from '#shared/platform/http/api-handler.ts';
import type { BoundRoute } from '#shared/platform/http/bound-route.ts';
import { rateLimitConfigShape, ratePolicies } from '#shared/platform/http/rate-limits.ts';
import { createIdempotencyStore, type IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { createLambdaLog, type Log } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics, type Metrics } from '#shared/platform/metrics.ts';
import { createRateLimiter } from '#shared/platform/rate-limit/rate-limiter.ts';

/** Settings that every API function has. */
export const apiConfigShape = {
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  EXPOSE_STACKS: settings.EXPOSE_STACKS,
  ...rateLimitConfigShape,
};

const apiConfigSchema = z.object(apiConfigShape);

/** What an API function's composition root gets to wire its routes with. */
export interface ApiRuntime {
  readonly client: DynamoDBDocumentClient;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Wires an API function once per cold start.
 *
 * @param serviceName the function's folder; names it in logs and metrics
 * @param configSchema its settings, those of `apiConfigShape` included
 * @param routes binds its routes to their use cases
 * @param accessRecorder where it puts accesses on record; only for functions with audited routes
 * @throws CONFIGURATION naming every missing or bad setting
 */
export function apiFunction<S extends z.ZodObject>(
  serviceName: string,
  configSchema: S,
  routes: (config: z.output<S>, runtime: ApiRuntime) => readonly BoundRoute[],
  accessRecorder?: (config: z.output<S>, runtime: ApiRuntime) => AccessRecorder,
) {
  const config = loadConfig(configSchema, process.env);
  const shared = loadConfig(apiConfigSchema, process.env);
  const client = createDocumentClient();
  const log = createLambdaLog(serviceName);
  const metrics = createLambdaMetrics(serviceName);
  const idempotency = createIdempotencyStore(client, shared.EPHEMERAL_TABLE, systemClock);
  const runtime: ApiRuntime = { client, idempotency, clock: systemClock, log, metrics };
  return createApiHandler({
    routes: routes(config, runtime),
    ...(accessRecorder === undefined ? {} : { accessRecorder: accessRecorder(config, runtime) }),
    log,
    metrics,
    clock: systemClock,
    limiter: createRateLimiter(client, shared.EPHEMERAL_TABLE, systemClock),
    ratePolicies: ratePolicies(shared),
    idempotency,
    exposeStacks: shared.EXPOSE_STACKS,
  });
}

/** Puts accesses on the audit stream of who asks; for functions that have the ledger and audit tables. */
export function auditAccess(
  config: { readonly LEDGER_TABLE: string; readonly AUDIT_TABLE: string },
  { client, clock }: ApiRuntime,
): AccessRecorder {
  return createAccessAudit(client, { ledger: config.LEDGER_TABLE, audit: config.AUDIT_TABLE }, clock);
}
