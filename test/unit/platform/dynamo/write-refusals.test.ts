import { describe, expect, it } from 'vitest';
import { type ExistingItem, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { CONFLICT, Conflict, committing, FAILED, NONE } from '#test/support/fakes/committing.ts';
import { cancelled, dynamoError } from '#test/support/fakes/scripted-aws.ts';

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
