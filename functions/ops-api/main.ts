import { LambdaClient } from '@aws-sdk/client-lambda';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stageChainClients, stagePager } from '#functions/stage-secrets.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { endOfStream } from '#shared/audit/end-of-stream.ts';
import { createIncidentList } from '#shared/incidents/incident-list.ts';
import { readIncident } from '#shared/incidents/incident-store.ts';
import { createReadinessCheck } from '#shared/operations/readiness.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createQueueMover } from '#shared/queues/queue-mover.ts';
import { redriveReader } from '#shared/queues/redrive-record.ts';
import docsPage from '../../docs/api.html';
import openApi from '../../docs/openapi.json' with { type: 'json' };
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** A key that is never written: reading it shows that the table answers. */
const PROBE_KEY = { pk: 'READINESS' };

/** Below what readiness waits for, so that a slow endpoint is told as such. */
const CHAIN_PROBE_TIMEOUT_MS = 3_500;

/** A mover's run and its cold start; asked once, because one that is under way goes on by itself. */
const MOVER_TIMEOUT_MS = 13_000;

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
      // The other chains are worked on, and what was said of this one can be read.
      needed: false,
      probe: async () => (await clients.for(chain_id)).head(Deadline.in(CHAIN_PROBE_TIMEOUT_MS, clock)),
    }));
    const database = {
      name: 'database',
      needed: true,
      probe: () => client.send(new GetCommand({ TableName: config.EPHEMERAL_TABLE, Key: PROBE_KEY })),
    };
    const { requestHandler, ...options } = awsClientOptions();
    const lambda = new LambdaClient({
      ...options,
      maxAttempts: 1,
      requestHandler: { ...requestHandler, requestTimeout: MOVER_TIMEOUT_MS },
    });
    return bindRoutes({
      ...runtime,
      stage: config.STAGE,
      openApi,
      docsPage,
      readiness: createReadinessCheck([database, ...chains], clock, (name, error) =>
        log.write('DEPENDENCY_FAILED', { dependency: name, error }),
      ),
      mover: createQueueMover(lambda, `haven-${config.STAGE}-queue-mover`),
      readRedrive: redriveReader(client, config.EPHEMERAL_TABLE),
      breakers: createBreakerStore(client, config.EPHEMERAL_TABLE, clock),
      listIncidents: createIncidentList(client, config.LOGS_TABLE),
      readIncident: (id) => readIncident(client, config.LOGS_TABLE, id),
      pager: stagePager(config.SIGNING_SECRET_ARN, clock),
      tables: { ephemeral: config.EPHEMERAL_TABLE, audit: config.AUDIT_TABLE },
      endOfStream: (stream) => endOfStream(audit, stream),
    });
  },
  auditAccess,
);
