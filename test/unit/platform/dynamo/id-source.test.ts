import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  batchGet,
  indexSources,
  mergedSource,
  partitionSource,
  readPage,
  singleSource,
} from '#shared/platform/dynamo/id-source.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const PARTITION = { table: 'ledger', index: 'gsi1', partitionKey: 'gsi1pk', sortKey: 'gsi1sk', partition: 'WALLETS' };

describe('partitionSource', () => {
  const page = { body: { Items: [{ gsi1sk: { S: 'w3' } }, { gsi1sk: { S: 'w2' } }] } };

  it('reads the newest ids first, and no more of a row than its id', async () => {
    const aws = createScriptedAws([page]);
    const source = partitionSource(scriptedDocumentClient(aws), PARTITION);
    expect(await source(undefined, 2)).toEqual(['w3', 'w2']);
    expect(aws.requests[0]).toEqual({
      operation: 'Query',
      body: {
        TableName: 'ledger',
        IndexName: 'gsi1',
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': 'gsi1pk', '#sk': 'gsi1sk' },
        ExpressionAttributeValues: { ':pk': { S: 'WALLETS' } },
        ProjectionExpression: '#sk',
        ScanIndexForward: false,
        Limit: 2,
      },
    });
  });

  it('goes on strictly below an id', async () => {
    const aws = createScriptedAws([{ body: {} }]);
    expect(await partitionSource(scriptedDocumentClient(aws), PARTITION)('w2', 2)).toEqual([]);
    expect(aws.requests[0]?.body).toMatchObject({
      KeyConditionExpression: '#pk = :pk AND #sk < :before',
      ExpressionAttributeValues: { ':pk': { S: 'WALLETS' }, ':before': { S: 'w2' } },
    });
  });
});

describe('indexSources', () => {
  it('read the partition of an index by its own keys', async () => {
    const aws = createScriptedAws([{ body: { Items: [{ gsi2sk: { S: 'w1' } }] } }]);
    expect(await indexSources(scriptedDocumentClient(aws), 'ledger')('gsi2', 'P')(undefined, 5)).toEqual(['w1']);
    expect(aws.requests[0]?.body).toMatchObject({
      IndexName: 'gsi2',
      ExpressionAttributeNames: { '#pk': 'gsi2pk', '#sk': 'gsi2sk' },
      ExpressionAttributeValues: { ':pk': { S: 'P' } },
    });
  });
});

describe('singleSource', () => {
  it('has the one id, on the page where it belongs', async () => {
    const source = singleSource(async () => 'w2');
    expect([await source(undefined, 5), await source('w3', 5), await source('w2', 5)]).toEqual([['w2'], ['w2'], []]);
  });

  it.each([[undefined], [null], [7]])('has none when what is read is %s', async (id) => {
    expect(await singleSource(async () => id)(undefined, 5)).toEqual([]);
  });
});

describe('mergedSource', () => {
  it('gives the newest ids of all sources, each once', async () => {
    const source = mergedSource([async () => ['5', '3', '1'], async () => ['4', '3', '2'], async () => []]);
    expect(await source(undefined, 4)).toEqual(['5', '4', '3', '2']);
  });
});

describe('readPage', () => {
  const rows = async (ids: readonly string[]) => ids.map((id) => ({ id }));

  it('ends a page early, with a position, when a filter rejects nearly everything', async () => {
    const asked: (string | undefined)[] = [];
    const endless = async (before: string | undefined, limit: number) => {
      asked.push(before);
      const top = before === undefined ? 10_000 : Number(before);
      return Array.from({ length: limit }, (_, index) => String(top - 1 - index).padStart(5, '0'));
    };
    const page = await readPage(endless, rows, () => false, undefined, 10);
    expect(page).toEqual({ rows: [], lastId: '09920' });
    expect(asked).toHaveLength(8);
  });

  it('reads the rows only of ids that are accepted, in batches of 100, and 8 of these for a page at most', async () => {
    const loaded: number[] = [];
    const source = async (before: string | undefined, limit: number) => {
      const top = before === undefined ? 100_000 : Number(before);
      return Array.from({ length: limit }, (_, index) => String(top - 1 - index).padStart(6, '0'));
    };
    const load = async (ids: readonly string[]) => {
      loaded.push(ids.length);
      return rows(ids);
    };
    const isEven = (id: string) => Number(id) % 2 === 0;
    const page = await readPage(source, load, () => false, undefined, 10, { idsAtOnce: 500, accepts: isEven });
    expect(loaded).toEqual([100, 100, 50, 100, 100, 50, 100, 100]);
    expect(page).toEqual({ rows: [], lastId: String(100_000 - 1_000 - 400).padStart(6, '0') });
    const none = await readPage(source, load, () => false, undefined, 10, { idsAtOnce: 500, accepts: () => false });
    expect([loaded.length, none]).toEqual([8, { rows: [], lastId: String(100_000 - 8 * 500).padStart(6, '0') }]);
  });

  it('reads no more ids than a full page needs', async () => {
    let reads = 0;
    const source = async () => {
      reads += 1;
      return ['3', '2'];
    };
    expect(await readPage(source, rows, () => true, undefined, 2)).toEqual({
      rows: [{ id: '3' }, { id: '2' }],
      lastId: '2',
    });
    expect(reads).toBe(1);
  });

  it('leaves out ids whose row is gone', async () => {
    const page = await readPage(
      async () => ['2', '1'],
      async () => [{ id: '1' }],
      () => true,
      undefined,
      5,
    );
    expect(page).toEqual({ rows: [{ id: '1' }], lastId: undefined });
  });
});

describe('batchGet', () => {
  const keys = [{ pk: 'a' }, { pk: 'b' }];
  const left = { body: { Responses: { t: [] }, UnprocessedKeys: { t: { Keys: [{ pk: { S: 'b' } }] } } } };

  it('reads strongly consistent, and asks again for what was left', async () => {
    const aws = createScriptedAws([
      { body: { Responses: { t: [{ pk: { S: 'a' } }] }, UnprocessedKeys: { t: { Keys: [{ pk: { S: 'b' } }] } } } },
      { body: { Responses: { t: [{ pk: { S: 'b' } }] }, UnprocessedKeys: {} } },
    ]);
    expect(await batchGet(scriptedDocumentClient(aws), 't', keys)).toEqual([{ pk: 'a' }, { pk: 'b' }]);
    expect(aws.requests.map(({ body }) => body)).toEqual([
      { RequestItems: { t: { Keys: [{ pk: { S: 'a' } }, { pk: { S: 'b' } }], ConsistentRead: true } } },
      { RequestItems: { t: { Keys: [{ pk: { S: 'b' } }], ConsistentRead: true } } },
    ]);
  });

  it('says so when keys are left again and again, rather than answering without them', async () => {
    const aws = createScriptedAws(() => left);
    await expect(batchGet(scriptedDocumentClient(aws), 't', keys)).rejects.toThrow('unprocessed');
    expect(aws.requests).toHaveLength(5);
  });

  it('asks nothing for no keys', async () => {
    const aws = createScriptedAws([]);
    expect(await batchGet(scriptedDocumentClient(aws), 't', [])).toEqual([]);
    expect(aws.requests).toEqual([]);
  });

  it('asks for as many at once as DynamoDB takes, and for the rest in further requests', async () => {
    const aws = createScriptedAws(() => ({ body: { Responses: { t: [{ pk: { S: 'one of many' } }] } } }));
    const many = Array.from({ length: 201 }, (_, index) => ({ pk: String(index) }));
    expect(await batchGet(scriptedDocumentClient(aws), 't', many)).toHaveLength(3);
    const batch = z.object({ RequestItems: z.object({ t: z.object({ Keys: z.array(z.unknown()) }) }) });
    expect(aws.requests.map(({ body }) => batch.parse(body).RequestItems.t.Keys.length)).toEqual([100, 100, 1]);
  });
});
