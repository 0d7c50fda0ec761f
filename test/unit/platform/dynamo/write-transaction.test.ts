import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { type ExistingItem, NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingSleep } from '#test/support/fakes/recording-sleep.ts';
import {
  cancelled,
  createScriptedAws,
  dynamoError,
  type Script,
  scriptedDocumentClient,
} from '#test/support/fakes/scripted-aws.ts';

class Conflict extends Error {
  readonly step: string;
  readonly existing: ExistingItem;

  constructor(step: string, existing: ExistingItem) {
    super(`conflict at ${step}`);
    this.step = step;
    this.existing = existing;
  }
}

const conflictAt = (step: string) => (existing: ExistingItem) => new Conflict(step, existing);

/** Three steps that say which of them failed. */
function threeSteps(): WriteTransaction {
  return new WriteTransaction()
    .put('t', { pk: 'a' }, conflictAt('first'))
    .put('t', { pk: 'b' }, conflictAt('second'))
    .put('t', { pk: 'c' }, conflictAt('third'));
}

function committing(script: Script, { budgetMs = 60_000, sdkAttempts = 1 } = {}) {
  const aws = createScriptedAws(script);
  const clock = createFakeClock();
  const { sleep, waitsMs } = createRecordingSleep(clock);
  const client = scriptedDocumentClient(aws, sdkAttempts);
  return {
    aws,
    waitsMs,
    commit: (transaction = threeSteps()) => transaction.commit(client, Deadline.in(budgetMs, clock.now), sleep),
  };
}

const OK = { body: {} };
const NONE = { Code: 'None' };
const FAILED = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' };
const CONFLICT = { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' };

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

describe('a failed condition', () => {
  it.each([
    ['the first step', [FAILED, NONE, NONE], 'first'],
    ['the last step', [NONE, NONE, FAILED], 'third'],
    ['the first of several that failed', [NONE, FAILED, FAILED], 'second'],
    ['a failed step beside a conflict', [CONFLICT, NONE, FAILED], 'third'],
    ['a failed step beside throttling', [{ Code: 'ThrottlingError' }, FAILED, NONE], 'second'],
    ['a failed step beside any other reason', [{ Code: 'ValidationError' }, FAILED, NONE], 'second'],
  ])('means what %s says, and is not tried again', async (_name, reasons, step) => {
    const { aws, waitsMs, commit } = committing([cancelled(reasons)]);
    expect((await caughtLater(Conflict, () => commit())).step).toBe(step);
    expect(aws.requests).toHaveLength(1);
    expect(waitsMs).toEqual([]);
  });

  it('is explained with the item that was there, as its step stored it', async () => {
    const Item = { pk: { S: 'b' }, version: { N: '4' }, tags: { M: { k: { S: 'v' } } } };
    const { commit } = committing([cancelled([NONE, { ...FAILED, Item }, NONE])]);
    const { existing } = await caughtLater(Conflict, () => commit());
    expect(existing).toEqual({ pk: 'b', version: 4, tags: { k: 'v' } });
  });

  it.each([
    ['a rival holds a step before it', [CONFLICT, NONE, FAILED], true],
    ['a rival holds a step behind it', [FAILED, CONFLICT, NONE], false],
    ['nobody holds any', [NONE, FAILED, NONE], false],
  ])('is told whether %s', async (_what, reasons, isBehind) => {
    const { commit } = committing([cancelled(reasons)]);
    const told: boolean[] = [];
    const note = (_: ExistingItem, isBehindRival: boolean) => {
      told.push(isBehindRival);
      return new Conflict('any', undefined);
    };
    const steps = new WriteTransaction();
    for (const pk of ['a', 'b', 'c']) steps.put('t', { pk }, note);
    await caughtLater(Conflict, () => commit(steps));
    expect(told).toEqual([isBehind]);
  });

  it('is explained without an item when there was none', async () => {
    const { commit } = committing([cancelled([FAILED, NONE, NONE])]);
    expect((await caughtLater(Conflict, () => commit())).existing).toBeUndefined();
  });
});

describe('a conflict with another transaction', () => {
  it.each([
    ['a conflict', [CONFLICT, NONE, NONE]],
    ['several conflicts', [CONFLICT, CONFLICT, CONFLICT]],
    ['throttling', [NONE, { Code: 'ThrottlingError' }, NONE]],
    ['a spent capacity', [NONE, NONE, { Code: 'ProvisionedThroughputExceeded' }]],
    ['a mixture of these', [CONFLICT, { Code: 'ThrottlingError' }, NONE]],
  ])('by %s is tried again until it passes', async (_name, reasons) => {
    const { aws, waitsMs, commit } = committing([cancelled(reasons), cancelled(reasons), OK]);
    await commit();
    expect(aws.requests).toHaveLength(3);
    expect(waitsMs).toHaveLength(2);
  });

  it('that becomes a failed condition means what the step says', async () => {
    const { commit } = committing([cancelled([CONFLICT, NONE, NONE]), cancelled([FAILED, NONE, NONE])]);
    expect((await caughtLater(Conflict, () => commit())).step).toBe('first');
  });

  it('that never ends is WRITE_CONFLICT after 12 attempts, with waits that grow and jitter below their ceilings', async () => {
    const { aws, waitsMs, commit } = committing(() => cancelled([CONFLICT, NONE, NONE]));
    const error = await caughtLater(HavenError, () => commit());
    expect(error).toMatchObject({ code: 'WRITE_CONFLICT', status: 409, retryAfterSeconds: 1 });
    expect(aws.requests).toHaveLength(12);
    expect(waitsMs).toHaveLength(11);
    for (const [attempt, waitMs] of waitsMs.entries()) {
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(Math.min(400, 15 * 2 ** attempt));
    }
    expect(new Set(waitsMs).size).toBeGreaterThan(1);
  });

  describe('on a step that has an error of its own for one that never ends', () => {
    const held = (script: Script) => {
      const transaction = new WriteTransaction()
        .put('t', { pk: 'a' }, conflictAt('first'))
        .put('t', { pk: 'b' }, conflictAt('second'), undefined, () => new HavenError('OUT_OF_STOCK', 'second held'))
        .put('t', { pk: 'c' }, conflictAt('third'), undefined, () => new HavenError('CART_EXPIRED', 'third held'));
      return { ...committing(script), transaction };
    };

    it.each([
      ['is that error', [NONE, CONFLICT, NONE], 'OUT_OF_STOCK'],
      ['is the first of such errors', [NONE, CONFLICT, CONFLICT], 'OUT_OF_STOCK'],
      ['is that error beside throttling', [{ Code: 'ThrottlingError' }, NONE, CONFLICT], 'CART_EXPIRED'],
      ['is WRITE_CONFLICT when another step is held', [CONFLICT, NONE, NONE], 'WRITE_CONFLICT'],
      [
        'is WRITE_CONFLICT when nothing but throughput was short',
        [NONE, { Code: 'ThrottlingError' }, NONE],
        'WRITE_CONFLICT',
      ],
    ])('%s', async (_name, reasons, code) => {
      const { aws, commit, transaction } = held(() => cancelled(reasons));
      expect((await caughtLater(HavenError, () => commit(transaction))).code).toBe(code);
      expect(aws.requests).toHaveLength(12);
    });

    it('means what the step says when its condition fails in the end', async () => {
      const { commit, transaction } = held([cancelled([NONE, CONFLICT, NONE]), cancelled([NONE, FAILED, NONE])]);
      expect((await caughtLater(Conflict, () => commit(transaction))).step).toBe('second');
    });

    it('passes like any other when the rivals leave', async () => {
      const { commit, transaction } = held([cancelled([NONE, CONFLICT, NONE]), OK]);
      await expect(commit(transaction)).resolves.toBeUndefined();
    });
  });

  it('is tried again only inside the deadline', async () => {
    const { waitsMs, commit } = committing(() => cancelled([CONFLICT, NONE, NONE]), { budgetMs: 40 });
    expect((await caughtLater(HavenError, () => commit())).code).toBe('WRITE_CONFLICT');
    expect(waitsMs.reduce((sum, waitMs) => sum + waitMs, 0)).toBeLessThanOrEqual(40);
  });

  it('is tried once even when the deadline has passed', async () => {
    const { aws, commit } = committing([OK], { budgetMs: 0 });
    await commit();
    expect(aws.requests).toHaveLength(1);
  });
});

describe('any other refusal is DATABASE_ERROR, with its cause for the log and without a word of it for the client', () => {
  it.each([
    ['a cancellation without reasons', cancelled(undefined)],
    ['a cancellation with an empty list of reasons', cancelled([])],
    ['a cancellation whose reasons are all None', cancelled([NONE, NONE, NONE])],
    ['a reason that does not pass', cancelled([{ Code: 'ValidationError' }, NONE, NONE])],
    [
      'a reason that does not pass beside a conflict',
      cancelled([CONFLICT, { Code: 'ItemCollectionSizeLimitExceeded' }, NONE]),
    ],
    ['a reason that nobody knows', cancelled([{ Code: 'SomethingNew' }, NONE, NONE])],
    ['a missing table', dynamoError('ResourceNotFoundException')],
    ['a missing permission', dynamoError('AccessDeniedException')],
    ['a bad request', dynamoError('ValidationException')],
    ['a failing service', dynamoError('InternalServerError', { message: 'hush' }, 500)],
    ['a broken connection', new Error('hush: socket hang up')],
  ])('%s', async (_name, answer) => {
    const { aws, waitsMs, commit } = committing([answer]);
    const error = await caughtLater(HavenError, () => commit());
    expect(error).toMatchObject({ code: 'DATABASE_ERROR', status: 500, details: {} });
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.message).not.toMatch(/hush|socket|ValidationError|Exception/);
    expect(aws.requests).toHaveLength(1);
    expect(waitsMs).toEqual([]);
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
