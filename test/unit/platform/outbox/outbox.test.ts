import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import {
  kindOf,
  OUTBOX_SHARDS,
  type OutboxMessage,
  outboxItem,
  outboxMessageSchema,
  putOutboxMessage,
  removeOutboxMessage,
  subjectId,
} from '#shared/platform/outbox/outbox-message.ts';
import { createOutbox } from '#shared/platform/outbox/outbox-table.ts';
import { createOutboxWaker, NO_WAKER } from '#shared/platform/outbox/outbox-waker.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient, scriptedSqsClient } from '#test/support/fakes/scripted-aws.ts';

const DEADLINE = Deadline.in(1_000, createFakeClock().now);

const message = (n: number): OutboxMessage => ({
  id: `transaction.ended#tx_${n}`,
  subject: `redemption:red_${n}`,
  fact: { n },
  created_at: new Date(n * 1_000).toISOString(),
});

function tables() {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'] });
  const client = scriptedDocumentClient(createScriptedAws((request) => dynamo.answer(request)));
  const change = (edit: (write: WriteTransaction) => void) => {
    const write = new WriteTransaction();
    edit(write);
    return write.commit(client, DEADLINE);
  };
  return { dynamo, outbox: createOutbox(client, 'ledger'), change };
}

describe('a subject', () => {
  it('is a kind and an id, which may itself have colons', () => {
    expect([kindOf('redemption:red_1'), subjectId('redemption:red_1')]).toEqual(['redemption', 'red_1']);
    expect([kindOf('order:a:b'), subjectId('order:a:b')]).toEqual(['order', 'a:b']);
  });

  it.each(['redemption', ':red_1', 'redemption:', 'Redemption:red_1'])('is not %j', (subject) => {
    expect(outboxMessageSchema.safeParse({ ...message(1), subject }).success).toBe(false);
  });
});

describe('the outbox', () => {
  it('holds what was put there until it is removed, and finds it by the index', async () => {
    const { outbox, change } = tables();
    await change((write) => putOutboxMessage(write, 'ledger', message(1), () => new Error('is there')));
    expect(await outbox.get(message(1).id)).toEqual(message(1));
    expect(await outbox.undelivered(10)).toEqual([message(1).id]);
    await change((write) => removeOutboxMessage(write, 'ledger', message(1).id, () => new Error('is gone')));
    expect(await outbox.get(message(1).id)).toBeUndefined();
    expect(await outbox.undelivered(10)).toEqual([]);
  });

  it('takes no fact twice, and gives none up twice', async () => {
    const { change } = tables();
    const put = () => change((write) => putOutboxMessage(write, 'ledger', message(1), () => new Error('is there')));
    const remove = () =>
      change((write) => removeOutboxMessage(write, 'ledger', message(1).id, () => new Error('is gone')));
    await put();
    expect((await caughtLater(Error, put)).message).toBe('is there');
    await remove();
    expect((await caughtLater(Error, remove)).message).toBe('is gone');
  });

  it('spreads messages over its shards, and lists the oldest of each first', async () => {
    const { dynamo, outbox } = tables();
    for (let n = 40; n > 0; n -= 1) dynamo.put('ledger', outboxItem(message(n)));
    const partitions = new Set(Array.from({ length: 40 }, (_, n) => outboxItem(message(n + 1)).gsi1pk));
    expect(partitions.size).toBe(OUTBOX_SHARDS);
    expect((await outbox.undelivered(100)).toSorted()).toEqual(
      Array.from({ length: 40 }, (_, n) => message(n + 1).id).toSorted(),
    );
    const oldest = await outbox.undelivered(1);
    expect(oldest).toHaveLength(OUTBOX_SHARDS);
    expect(oldest).toContain(message(1).id);
  });

  it('reads on when an index page ends early, and no further than asked', async () => {
    const rows = (...ids: number[]) => ids.map((n) => ({ pk: { S: `OUTBOX#${message(n).id}` } }));
    const asked: unknown[] = [];
    const aws = createScriptedAws(({ body }) => {
      asked.push(body['ExclusiveStartKey']);
      const isFirst = JSON.stringify(body['ExpressionAttributeValues']).includes('OUTBOX#0');
      if (!isFirst) return { body: { Items: [] } };
      if (body['ExclusiveStartKey'] === undefined)
        return { body: { Items: rows(1), LastEvaluatedKey: { pk: { S: 'x' } } } };
      return { body: { Items: rows(2), LastEvaluatedKey: { pk: { S: 'y' } } } };
    });
    const outbox = createOutbox(scriptedDocumentClient(aws), 'ledger');
    expect(await outbox.undelivered(2)).toEqual([message(1).id, message(2).id]);
    expect(asked.filter((key) => key !== undefined)).toHaveLength(1);
  });
});

describe('a wake', () => {
  const waking = (answer: () => { body: object } | Error) => {
    const aws = createScriptedAws(answer);
    const log = createRecordingLog();
    const metrics = createRecordingMetrics();
    const waker = createOutboxWaker(
      scriptedSqsClient(aws),
      'https://sqs.eu-central-1.amazonaws.com/1/outbox',
      log.log,
      metrics.metrics,
    );
    return { aws, log, metrics, waker };
  };

  it('names the messages', async () => {
    const { aws, waker } = waking(() => ({ body: { MessageId: 'm', MD5OfMessageBody: '' } }));
    await waker.wake(['a', 'b']);
    expect(aws.requests).toMatchObject([{ operation: 'SendMessage', body: { MessageBody: '{"ids":["a","b"]}' } }]);
  });

  it('about nothing is not sent', async () => {
    const { aws, waker } = waking(() => new Error('not to be asked'));
    await waker.wake([]);
    await NO_WAKER.wake(['a']);
    expect(aws.requests).toEqual([]);
  });

  it('that can not be sent fails nobody, and is counted: the schedule makes up for it', async () => {
    const { log, metrics, waker } = waking(() => new Error('SQS is away'));
    await waker.wake(['a']);
    expect(log.of('OUTBOX_WAKE_NOT_SENT')).toMatchObject([{ messages: 1 }]);
    expect(metrics.counts()).toEqual({ OutboxWakeNotSent: 1 });
  });
});
