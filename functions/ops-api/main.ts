import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stageChainClients, stagePager } from '#functions/stage-secrets.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { endOfStream } from '#shared/audit/end-of-stream.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import { cachedFor } from '#shared/platform/cached.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import docsPage from '../../docs/api.html';
import openApi from '../../docs/openapi.json' with { type: 'json' };
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** A key that is never written: reading it shows that the table answers. */
const PROBE_KEY = { pk: 'READINESS' };

/** Anyone may ask whether Haven is ready; the chains' endpoints, which lanes live on, are asked no more often than this. */
const CHAIN_PROBE_TTL_MS = 5_000;
const CHAIN_PROBE_TIMEOUT_MS = 5_000;

/** The operations API. */
export const handler = apiFunction(
  'ops-api',
  configSchema,
  (config, runtime) => {
    const { client, clock, log } = runtime;
    // With circuits of its own: anyone may ask whether Haven is ready, and that must not open what lanes live on.
    const clients = stageChainClients(config.RPC_SECRET_ARN, clock, log, { chains: config.CHAINS });
    const audit = createAuditStore(client, config.AUDIT_TABLE);
    const chains = config.CHAINS.map(({ chain_id }) => ({
      name: `chain ${chain_id}`,
      probe: cachedFor(CHAIN_PROBE_TTL_MS, clock, async () =>
        (await clients.for(chain_id)).head(Deadline.in(CHAIN_PROBE_TIMEOUT_MS, clock)),
      ),
    }));
    const database = {
      name: 'database',
      probe: () => client.send(new GetCommand({ TableName: config.EPHEMERAL_TABLE, Key: PROBE_KEY })),
    };
    return bindRoutes({
      ...runtime,
      stage: config.STAGE,
      openApi,
      docsPage,
      dependencies: [database, ...chains],
      breakers: createBreakerStore(client, config.EPHEMERAL_TABLE, clock),
      pager: stagePager(config.SIGNING_SECRET_ARN, clock),
      tables: { ephemeral: config.EPHEMERAL_TABLE, audit: config.AUDIT_TABLE },
      endOfStream: (stream) => endOfStream(audit, stream),
    });
  },
  auditAccess,
);
