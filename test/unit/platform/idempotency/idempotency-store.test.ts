import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createRecordingSleep } from '#test/support/fakes/recording-sleep.ts';
import { cancelled, createScriptedAws, type Script, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const REQUEST = { recordKey: 'IDEMPOTENCY#key_1#makeThing#k1', fingerprint: 'f1' };
const NOW_SECONDS = TEST_NOW_MS / 1000;
const DAY_SECONDS = 86_400;

const stored = (fingerprint: string, expiresAt: number) => ({
  pk: { S: REQUEST.recordKey },
  fingerprint: { S: fingerprint },
  status: { N: '201' },
  answer: { S: '{"id":"t1"}' },
  expires_at: { N: String(expiresAt) },
});

function storeWith(script: Script) {
  const aws = createScriptedAws(script);
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  return { aws, client, clock, store: createIdempotencyStore(client, 'ephemeral', clock.now) };
}

/** A transaction that records an answer beside its effect. */
function recording(script: Script) {
  const { aws, client, clock, store } = storeWith(script);
  const { sleep } = createRecordingSleep(clock);
  const transaction = new WriteTransaction();
  store.record(transaction, REQUEST, { status: 201, body: { id: 't1' } });
  transaction.put('ledger', { pk: 'thing' }, () => new Error('the thing exists'));
  return { aws, commit: () => transaction.commit(client, Deadline.in(60_000, clock.now), sleep) };
}

describe('recording an answer', () => {
  it('is a put of the same transaction as the effect: only if no answer is there, or an expired one', async () => {
    const { aws, commit } = recording([{ body: {} }]);
    await commit();
    expect(aws.requests).toMatchObject([
      {
        operation: 'TransactWriteItems',
        body: {
          TransactItems: [
            {
              Put: {
                TableName: 'ephemeral',
                Item: stored('f1', NOW_SECONDS + DAY_SECONDS),
                ConditionExpression: 'attribute_not_exists(pk) OR expires_at < :idempotency_now',
                ExpressionAttributeValues: { ':idempotency_now': { N: String(NOW_SECONDS) } },
              },
            },
            { Put: { TableName: 'ledger' } },
          ],
        },
      },
    ]);
  });

  it('finds the earlier answer of the same request before any other conflict', async () => {
    const { commit } = recording([
      cancelled([
        { Code: 'ConditionalCheckFailed', Item: stored('f1', NOW_SECONDS + 10) },
        { Code: 'ConditionalCheckFailed' },
      ]),
    ]);
    const replay = await caughtLater(IdempotentReplay, commit);
    expect(replay.answer).toEqual({ status: 201, body: { id: 't1' } });
  });

  it('refuses the key of another request', async () => {
    const { commit } = recording([
      cancelled([{ Code: 'ConditionalCheckFailed', Item: stored('other', NOW_SECONDS + 10) }, { Code: 'None' }]),
    ]);
    expect((await caughtLater(HavenError, commit)).code).toBe('IDEMPOTENCY_MISMATCH');
  });
});

describe('recording an answer while the same request is still running', () => {
  const CONFLICT = { Code: 'TransactionConflict' };
  const NONE = { Code: 'None' };

  it.each([
    ['its record is held: it is in progress', [CONFLICT, NONE], 'IDEMPOTENCY_IN_PROGRESS'],
    ['its record and its thing are held: it is in progress', [CONFLICT, CONFLICT], 'IDEMPOTENCY_IN_PROGRESS'],
    ['only its thing is held: that is another request', [NONE, CONFLICT], 'WRITE_CONFLICT'],
  ])('%s', async (_name, reasons, code) => {
    const { commit } = recording(() => cancelled(reasons));
    expect(await caughtLater(HavenError, commit)).toMatchObject({ code, status: 409, retryAfterSeconds: 1 });
  });

  it('finds its answer as soon as it is there', async () => {
    const { commit } = recording([
      cancelled([CONFLICT, NONE]),
      cancelled([{ Code: 'ConditionalCheckFailed', Item: stored('f1', NOW_SECONDS + 10) }, NONE]),
    ]);
    expect((await caughtLater(IdempotentReplay, commit)).answer.body).toEqual({ id: 't1' });
  });
});

describe('looking for an earlier answer', () => {
  it('reads the record strongly consistent', async () => {
    const { aws, store } = storeWith([{ body: {} }]);
    await store.replayIfAnswered(REQUEST);
    expect(aws.requests).toMatchObject([
      {
        operation: 'GetItem',
        body: { TableName: 'ephemeral', Key: { pk: { S: REQUEST.recordKey } }, ConsistentRead: true },
      },
    ]);
  });

  it('throws it when it is of the same request', async () => {
    const { store } = storeWith([{ body: { Item: stored('f1', NOW_SECONDS) } }]);
    const replay = await caughtLater(IdempotentReplay, () => store.replayIfAnswered(REQUEST));
    expect(replay.answer).toEqual({ status: 201, body: { id: 't1' } });
  });

  it('throws a mismatch when the key was used with another request', async () => {
    const { store } = storeWith([{ body: { Item: stored('other', NOW_SECONDS) } }]);
    const error = await caughtLater(HavenError, () => store.replayIfAnswered(REQUEST));
    expect(error).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH', status: 422 });
  });

  it('takes an expired record for none: TTL removes it late', async () => {
    const { store } = storeWith([{ body: { Item: stored('f1', NOW_SECONDS - 1) } }]);
    await expect(store.replayIfAnswered(REQUEST)).resolves.toBeUndefined();
  });
});
