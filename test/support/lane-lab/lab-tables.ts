import { randomUUID } from 'node:crypto';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { localClientOptions, localDynamo } from '#local/endpoint-settings.ts';
import { createTable, layoutsOf } from '../../../bin/data/table-layout.ts';
import type { TableName } from '../../../bin/data/tables.ts';
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
  const layouts = await layoutsOf(client, 'local');
  const create = async (name: TableName): Promise<string> => {
    const table = `haven-lab-${run}-${name}`;
    await createTable(client, table, layouts[name]);
    return table;
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
