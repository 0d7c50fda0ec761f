import { describe, expect, it } from 'vitest';
import { NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { CONFLICT, Conflict, committing, conflictAt, FAILED, NONE, OK } from '#test/support/fakes/committing.ts';
import { cancelled, dynamoError } from '#test/support/fakes/scripted-aws.ts';

describe('a transaction', () => {
  it('is sent as one request with every step and its condition', async () => {
    const { aws, commit } = committing([OK]);
    const never = () => new Error('never');
    const transaction = new WriteTransaction()
      .put('t1', { pk: 'a', note: undefined, n: 1 }, never)
      .put('t1', { pk: 'b' }, never, { expression: '#v = :v', names: { '#v': 'version' }, values: { ':v': 3 } })
      .update(
        't2',
        { pk: 'c' },
        { expression: 'SET #s = :s', names: { '#s': 'status' }, values: { ':s': 'x' } },
        never,
        {
          expression: '#s = :old',
          values: { ':old': 'y' },
        },
      )
      .delete('t3', { pk: 'd', sk: 1 }, never, { expression: 'attribute_exists(pk)' })
      .put('t4', { pk: 'e' }, never, { ...NOT_EXISTS, showsExisting: false });
    expect(transaction.size).toBe(5);
    await commit(transaction);
    const old = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    expect(aws.requests).toHaveLength(1);
    expect(aws.requests[0]?.operation).toBe('TransactWriteItems');
    expect(aws.requests[0]?.body['TransactItems']).toEqual([
      {
        Put: {
          ...old,
          TableName: 't1',
          Item: { pk: { S: 'a' }, n: { N: '1' } },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
      {
        Put: {
          ...old,
          TableName: 't1',
          Item: { pk: { S: 'b' } },
          ConditionExpression: '#v = :v',
          ExpressionAttributeNames: { '#v': 'version' },
          ExpressionAttributeValues: { ':v': { N: '3' } },
        },
      },
      {
        Update: {
          ...old,
          TableName: 't2',
          Key: { pk: { S: 'c' } },
          UpdateExpression: 'SET #s = :s',
          ConditionExpression: '#s = :old',
          ExpressionAttributeNames: { '#s': 'status' },
          ExpressionAttributeValues: { ':s': { S: 'x' }, ':old': { S: 'y' } },
        },
      },
      {
        Delete: {
          ...old,
          TableName: 't3',
          Key: { pk: { S: 'd' }, sk: { N: '1' } },
          ConditionExpression: 'attribute_exists(pk)',
        },
      },
      {
        Put: {
          ReturnValuesOnConditionCheckFailure: 'NONE',
          TableName: 't4',
          Item: { pk: { S: 'e' } },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
    ]);
  });
});

describe('a condition on an item that stays as it is', () => {
  const check = () =>
    new WriteTransaction()
      .put('t', { pk: 'a' }, conflictAt('first'))
      .check('t', { pk: 'b' }, conflictAt('check'), { expression: 'done = :yes', values: { ':yes': true } });

  it('is sent as a check that shows the item', async () => {
    const { aws, commit } = committing([OK]);
    await commit(check());
    expect(aws.requests[0]?.body['TransactItems']).toHaveProperty([1], {
      ConditionCheck: {
        TableName: 't',
        Key: { pk: { S: 'b' } },
        ConditionExpression: 'done = :yes',
        ExpressionAttributeValues: { ':yes': { BOOL: true } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    });
  });

  it('that fails means what its step says', async () => {
    const Item = { pk: { S: 'b' }, done: { BOOL: false } };
    const { commit } = committing([cancelled([NONE, { ...FAILED, Item }])]);
    expect(await caughtLater(Conflict, () => commit(check()))).toMatchObject({
      step: 'check',
      existing: { pk: 'b', done: false },
    });
  });
});

describe('the client token', () => {
  const tokens = (requests: readonly { readonly body: Readonly<Record<string, unknown>> }[]) =>
    requests.map(({ body }) => body['ClientRequestToken']);

  it("stays the same when the SDK repeats a send, so that a send whose answer was lost isn't done twice", async () => {
    const lost = dynamoError('InternalServerError', { message: 'no' }, 500);
    const { aws, commit } = committing([lost, OK], { sdkAttempts: 2 });
    await commit();
    const [first, second] = tokens(aws.requests);
    expect(first).toEqual(expect.any(String));
    expect(second).toBe(first);
  });

  it('is a new one for a new attempt after a conflict', async () => {
    const { aws, commit } = committing([cancelled([CONFLICT, NONE, NONE]), OK]);
    await commit();
    expect(new Set(tokens(aws.requests)).size).toBe(2);
  });
});
