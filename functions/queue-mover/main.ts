import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { createQueueAges } from '#shared/platform/aws/queue-ages.ts';
import { createQueueCounter } from '#shared/platform/aws/queue-counts.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

const config = loadConfig(configSchema, process.env);
const sqs = new SQSClient(awsClientOptions());
const lambda = new LambdaClient(awsClientOptions());

/** Looks at queues, and redrives dead letters. */
export const handler = createHandler({
  sqs,
  counter: createQueueCounter(sqs),
  ages: createQueueAges(new CloudWatchClient(awsClientOptions()), systemClock),
  async call(FunctionName, Payload) {
    await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));
  },
  prefix: `haven-${config.STAGE}-`,
  clock: systemClock,
  log: createLambdaLog('queue-mover'),
});
