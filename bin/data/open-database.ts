import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { BadUsage } from './usage.ts';

/**
 * A client with the AWS settings of whoever started the command.
 *
 * @throws BadUsage naming what is missing of them: the SDK would say so at the first call, and not how to mend it
 */
export async function openDatabase(): Promise<DynamoDBClient> {
  const client = new DynamoDBClient(awsClientOptions());
  await client.config.region().catch((cause) => {
    throw new BadUsage('There is no AWS region: set AWS_REGION, or a profile that has one by AWS_PROFILE', { cause });
  });
  await client.config.credentials().catch((cause) => {
    throw new BadUsage('There are no AWS credentials: AWS_PROFILE, or those that your AWS tools export', { cause });
  });
  return client;
}
