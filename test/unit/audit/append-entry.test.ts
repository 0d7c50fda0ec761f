import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { AUDIT_CONTENT } from '#test/support/fakes/audit-stream.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { cancelled, createScriptedAws, type Script, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const { entry } = nextEntry('wal_1', emptyHead('wal_1'), AUDIT_CONTENT, '2026-11-21T18:30:00.000Z');
const { stream, ...rest } = entry;

const appending = async (script: Script) => {
  const aws = createScriptedAws(script);
  const transaction = new WriteTransaction();
  appendEntry(transaction, 'audit', entry);
  await transaction.commit(scriptedDocumentClient(aws), Deadline.in(1_000, createFakeClock().now));
  return aws.requests;
};

describe('appending an entry', () => {
  it('puts it under its stream and number, only if that number is free', async () => {
    expect((await appending([{ body: {} }]))[0]?.body['TransactItems']).toEqual([
      {
        Put: {
          TableName: 'audit',
          Item: marshall({ pk: stream, ...rest, ...indexAttributesOf(entry) }),
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
    ]);
  });

  it('is refused as a conflict when another change took the number', async () => {
    const error = await caughtLater(HavenError, () => appending([cancelled([{ Code: 'ConditionalCheckFailed' }])]));
    expect(error).toMatchObject({ code: 'WRITE_CONFLICT', retryAfterSeconds: 1 });
  });
});
