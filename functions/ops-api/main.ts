import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { apiFunction } from '#functions/api-runtime.ts';
import { stageChainClients } from '#functions/stage-secrets.ts';
import docsPage from '../../docs/api.html';
import openApi from '../../docs/openapi.json' with { type: 'json' };
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** A key that is never written: reading it shows that the table answers. */
const PROBE_KEY = { pk: 'READINESS' };

/** The operations API. */
export const handler = apiFunction('ops-api', configSchema, (config, { client, clock, log }) => {
  const clients = stageChainClients(config.RPC_SECRET_ARN, clock, log);
  return bindRoutes({
    stage: config.STAGE,
    clock,
    openApi,
    docsPage,
    dependencies: (deadline) => [
      {
        name: 'database',
        probe: () => client.send(new GetCommand({ TableName: config.EPHEMERAL_TABLE, Key: PROBE_KEY })),
      },
      ...config.CHAINS.map((chain) => ({
        name: `chain ${chain.chain_id}`,
        probe: async () => (await clients.for(chain.chain_id)).head(deadline),
      })),
    ],
  });
});
