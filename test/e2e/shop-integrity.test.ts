import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { noticeKey } from '#shared/orders/order-keys.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { runDataCommand } from '#test/support/data-command.ts';
import { awsOptions, localHaven } from '#test/support/local-haven.ts';

/** Alone and after all others: it looks at everything that they left, races and kills included. */
describe('the shop that all these tests leave behind', () => {
  it('fits together, row by row', async () => {
    const run = await runDataCommand(localHaven(), ['check', '--stage', 'local']);
    expect(run.stdout).toMatch(/: 0 findings$/m);
    expect(run.code).toBe(0);
  });

  it('would not if one row were wrong: the check names it', async () => {
    const haven = localHaven();
    const client = createDocumentClient(new DynamoDBClient(awsOptions(haven.info)));
    const id = `evt_${randomUUID()}`;
    const row = { TableName: 'haven-local-shop', Key: noticeKey(id) };
    await client.send(new PutCommand({ ...row, Item: { ...row.Key, id, order_id: 'ord_of_nobody' } }));
    try {
      const run = await runDataCommand(haven, ['check', '--stage', 'local']);
      expect(run.stdout).toContain(`notice ${id}: about ord_of_nobody, which is not there`);
      expect(run.code).toBe(1);
    } finally {
      await client.send(new DeleteCommand(row));
    }
  });
});
