import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { localClientOptions, localDynamo } from '#local/endpoint-settings.ts';
import type { InProcess } from '../in-process.ts';

/** Tables of a test's own, and queues. */
export interface LabTables {
  readonly names: InProcess['tables'] & { readonly notify: string };
  readonly queues: InProcess['queues'];
  /** Deletes them. */
  drop(): Promise<void>;
}

/**
 * Makes tables like the deployed ones, so that no deployed function ever sees what is in them: not the schedule that looks
 * for open lanes, nor the search for key material. The queues have no consumer: a kick of a lane that only the test knows would have
 * the deployed workers look for it in vain, thousands of times in the crash tests.
 */
export async function createLabTables(awsEndpointUrl: string): Promise<LabTables> {
  const client = localDynamo(awsEndpointUrl);
  const run = randomUUID().slice(0, 8);
  const create = async (name: string): Promise<string> => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: `haven-local-${name}` }));
    const TableName = `haven-lab-${run}-${name}`;
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: Table?.KeySchema,
        AttributeDefinitions: Table?.AttributeDefinitions,
        GlobalSecondaryIndexes: Table?.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
          IndexName,
          KeySchema,
          Projection,
        })),
      }),
    );
    return TableName;
  };
  const [ledger, audit, keys, ephemeral, logs, shop, notify] = await Promise.all([
    create('ledger'),
    create('audit'),
    create('keys'),
    create('ephemeral'),
    create('logs'),
    create('shop'),
    create('notify'),
  ]);
  const sqs = new SQSClient(localClientOptions(awsEndpointUrl));
  const createQueue = async (name: string, Attributes: Readonly<Record<string, string>>): Promise<string> =>
    (await sqs.send(new CreateQueueCommand({ QueueName: `haven-lab-${run}-${name}`, Attributes }))).QueueUrl ?? '';
  const [kickQueueUrl, wakeQueueUrl] = await Promise.all([
    createQueue('kicks.fifo', { FifoQueue: 'true' }),
    createQueue('wakes', {}),
  ]);
  return {
    names: { ledger, audit, keys, ephemeral, logs, shop, notify },
    queues: { kickQueueUrl, wakeQueueUrl },
    async drop() {
      for (const QueueUrl of [kickQueueUrl, wakeQueueUrl]) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      for (const TableName of [ledger, audit, keys, ephemeral, logs, shop, notify]) {
        await client.send(new DeleteTableCommand({ TableName }));
      }
    },
  };
}
