import { DeleteFunctionConcurrencyCommand, LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { localClientOptions } from '#local/endpoint-settings.ts';

const LANE_KICKER = 'haven-local-lane-kicker';

/**
 * Runs work while the deployed lane kicker can't run: each minute it would wake the deployed worker for lanes that are
 * driven in this process. Nothing that is measured needs it, because every lane comes to rest within seconds.
 */
export async function withoutLaneKicker<T>(awsEndpointUrl: string, work: () => Promise<T>): Promise<T> {
  const lambda = new LambdaClient(localClientOptions(awsEndpointUrl));
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: LANE_KICKER, ReservedConcurrentExecutions: 0 }));
  try {
    return await work();
  } finally {
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: LANE_KICKER }));
  }
}
