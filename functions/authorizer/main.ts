import { stagePepper } from '#functions/stage-secrets.ts';
import { createApiKeyStore } from '#shared/access/api-key-store.ts';
import { lockoutPolicy } from '#shared/access/lockout.ts';
import { createLockoutStore } from '#shared/access/lockout-store.ts';
import { fetchKeySet } from '#shared/access/oidc/issuer-documents.ts';
import { createIssuerKeys } from '#shared/access/oidc/issuer-keys.ts';
import { createTokenVerifier } from '#shared/access/oidc/verify-token.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { endOfStream } from '#shared/audit/end-of-stream.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { createLambdaMetrics } from '#shared/platform/metrics.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const client = createDocumentClient();
const log = createLambdaLog('authorizer');
const policy = lockoutPolicy(config);
const audit = createAuditStore(client, config.AUDIT_TABLE);
const tables = {
  access: config.ACCESS_TABLE,
  ephemeral: config.EPHEMERAL_TABLE,
  audit: config.AUDIT_TABLE,
  logs: config.LOGS_TABLE,
};
const oidc = config.OIDC;

/** The request authorizer of the API. */
export const handler = createHandler({
  keys: createApiKeyStore(client, config.ACCESS_TABLE),
  lockouts: createLockoutStore(client, tables, policy, systemClock, (stream) => endOfStream(audit, stream), newId),
  policy,
  readPepper: stagePepper(config.PEPPER_SECRET_ARN, systemClock),
  verifyToken:
    oidc &&
    createTokenVerifier(
      oidc,
      createIssuerKeys({ fetchKeySet: (deadline) => fetchKeySet(oidc.issuer, deadline), clock: systemClock, log }),
      systemClock,
    ),
  clock: systemClock,
  log,
  metrics: createLambdaMetrics('authorizer'),
});
