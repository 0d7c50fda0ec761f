import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, GetCommand, QueryCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { cancelled, createScriptedAws, type Script, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';
import { CapacityRecorder, type StoredItems } from '../../../bench/capacity-recorder.ts';
import { itemSchema } from '../../../bench/item-size.ts';

const TEXT_2000 = 'x'.repeat(2_000);
const wire = (item: Readonly<Record<string, unknown>>) => itemSchema.parse(marshall(item));

/** A table with one index, in which every key has an item of two kilobytes before it is written. */
const STORED: StoredItems = {
  shape: async () => ({ keys: ['pk', 'sk'], indexes: [{ name: 'gsi1', keys: ['g'] }] }),
  read: async (_table, key) => ({ ...key, d: { S: TEXT_2000 } }),
};
const EMPTY: StoredItems = { ...STORED, read: async () => undefined };

function recorded(script: Script, stored: StoredItems) {
  const client = scriptedDocumentClient(createScriptedAws(script));
  const recorder = new CapacityRecorder(stored);
  recorder.attach(client);
  return { client, recorder };
}

const Key = { pk: 'p', sk: 's' };
const put = (fields: object) => ({ Put: { TableName: 't', Item: { ...Key, ...fields } } });

describe('what a transaction uses', () => {
  it('is twice the table units of each item, and once those of its index entries', async () => {
    const { client, recorder } = recorded([{ body: {} }], EMPTY);
    const TransactItems = [
      put({ g: 'a' }),
      put({ d: TEXT_2000 }),
      { ConditionCheck: { TableName: 't', Key, ConditionExpression: 'x' } },
    ];
    await client.send(new TransactWriteCommand({ TransactItems }));
    expect(recorder.take()).toEqual({
      tableWriteUnits: 2 * (1 + 2 + 1),
      indexWriteUnits: 1,
      readUnits: 0,
      failedWrites: 0,
    });
  });

  it('counts a condition and a deletion by what is there', async () => {
    const { client, recorder } = recorded([{ body: {} }], STORED);
    const TransactItems = [
      { ConditionCheck: { TableName: 't', Key, ConditionExpression: 'x' } },
      { Delete: { TableName: 't', Key } },
    ];
    await client.send(new TransactWriteCommand({ TransactItems }));
    expect(recorder.take().tableWriteUnits).toBe(2 * (2 + 2));
  });

  it('is billed when it is cancelled too', async () => {
    const { client, recorder } = recorded([cancelled([{ Code: 'ConditionalCheckFailed' }])], STORED);
    await expect(client.send(new TransactWriteCommand({ TransactItems: [put({})] }))).rejects.toThrow();
    expect(recorder.take()).toMatchObject({ tableWriteUnits: 4, indexWriteUnits: 0, failedWrites: 1 });
  });
});

describe('what other calls use', () => {
  it('is once the table units for an update outside a transaction', async () => {
    const { client, recorder } = recorded([{ body: {} }], STORED);
    await client.send(new UpdateCommand({ TableName: 't', Key, UpdateExpression: 'SET a = :a' }));
    expect(recorder.take().tableWriteUnits).toBe(2);
  });

  it('is by the items read, and half for reads that may be late', async () => {
    const items = [wire({ ...Key, d: TEXT_2000 }), wire({ ...Key, d: TEXT_2000 }), wire({ ...Key, d: TEXT_2000 })];
    const { client, recorder } = recorded([{ body: { Item: items[0] } }, { body: { Items: items } }], EMPTY);
    await client.send(new GetCommand({ TableName: 't', Key }));
    expect(recorder.take().readUnits).toBe(0.5);
    const KeyConditionExpression = 'pk = :p';
    await client.send(new QueryCommand({ TableName: 't', KeyConditionExpression, ConsistentRead: true }));
    expect(recorder.take().readUnits).toBe(2);
  });

  it('is one for each key of a batch, found or not', async () => {
    const { client, recorder } = recorded([{ body: { Responses: { t: [wire(Key)] } } }], EMPTY);
    const Keys = [Key, { pk: 'p', sk: 'missing' }];
    await client.send(new BatchGetCommand({ RequestItems: { t: { Keys, ConsistentRead: true } } }));
    expect(recorder.take().readUnits).toBe(2);
  });

  it('is not guessed of a call that the model does not know', async () => {
    const { client } = recorded([{ body: {} }], EMPTY);
    await expect(client.send(new ScanCommand({ TableName: 't' }))).rejects.toThrow('does not know ScanCommand');
  });

  it('starts from zero once it was taken', async () => {
    const { client, recorder } = recorded([{ body: {} }], EMPTY);
    await client.send(new GetCommand({ TableName: 't', Key }));
    recorder.take();
    expect(recorder.take()).toEqual({ tableWriteUnits: 0, indexWriteUnits: 0, readUnits: 0, failedWrites: 0 });
  });
});
