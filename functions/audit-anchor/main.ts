import { createAnchorBucket } from '#shared/audit/anchors/anchor-bucket.ts';
import { createChangedHeads } from '#shared/audit/anchors/changed-heads.ts';
import { createDigestSigner } from '#shared/audit/anchors/digest-signer.ts';
import { countedKms } from '#shared/platform/aws/counted-kms.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { countedJob } from '#shared/platform/counted-job.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const parts = {
  clock: systemClock,
  log: createLambdaLog('audit-anchor'),
  metrics: createLambdaMetrics('audit-anchor'),
};

/** Anchors audit streams outside the database. */
export const handler = countedJob(
  parts,
  createHandler({
    ...parts,
    stage: config.STAGE,
    heads: createChangedHeads(createDocumentClient(), config.AUDIT_TABLE),
    bucket: createAnchorBucket(config.ANCHOR_BUCKET),
    sign: createDigestSigner(config.ANCHOR_KEY_ARN, countedKms(parts.metrics)),
    settleMs: config.ANCHOR_SETTLE_SECONDS * 1_000,
  }),
);
