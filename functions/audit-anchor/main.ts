import { createAnchorBucket } from '#shared/audit/anchors/anchor-bucket.ts';
import { createChangedHeads } from '#shared/audit/anchors/changed-heads.ts';
import { createDigestSigner } from '#shared/audit/anchors/digest-signer.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);

/** Anchors audit streams outside the database. */
export const handler = createHandler({
  stage: config.STAGE,
  heads: createChangedHeads(createDocumentClient(), config.AUDIT_TABLE),
  bucket: createAnchorBucket(config.ANCHOR_BUCKET),
  sign: createDigestSigner(config.ANCHOR_KEY_ARN),
  settleMs: config.ANCHOR_SETTLE_SECONDS * 1_000,
  clock: systemClock,
  log: createLambdaLog('audit-anchor'),
  metrics: createLambdaMetrics('audit-anchor'),
});
