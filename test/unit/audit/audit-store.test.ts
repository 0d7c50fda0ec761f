import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { appendEntry, createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { verifyStream } from '#shared/audit/verify-use-case.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { AUDIT_CONTENT, auditStream } from '#test/support/fakes/audit-stream.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { cancelled, createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const content = {
  ...AUDIT_CONTENT,
  reason: 'asked for',
  detail: { amount: '1000000000000000000', n: [1, { deep: null }] },
};
const { entries, head } = auditStream('wal_1', [content, AUDIT_CONTENT, content]);

/** An entry as the table has it. */
const row = ({ stream, ...rest }: (typeof entries)[number]) => marshall({ pk: stream, ...rest });

const appending = async (script: Parameters<typeof createScriptedAws>[0]) => {
  const aws = createScriptedAws(script);
  const transaction = new WriteTransaction();
  for (const entry of entries.slice(0, 1)) appendEntry(transaction, 'audit', entry);
  await transaction.commit(scriptedDocumentClient(aws), Deadline.in(1_000, createFakeClock().now));
  return aws.requests;
};

describe('appending an entry', () => {
  it('puts it under its stream and number, only if that number is free', async () => {
    const [first] = entries;
    expect((await appending([{ body: {} }]))[0]?.body['TransactItems']).toEqual([
      {
        Put: {
          TableName: 'audit',
          Item: first === undefined ? undefined : row(first),
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

describe('reading a stream', () => {
  it('reads all of its pages in order, strongly consistent, and what it reads verifies', async () => {
    const [first, second, third] = entries.map(row);
    const aws = createScriptedAws([
      { body: { Items: [first, second], LastEvaluatedKey: { pk: { S: 'wal_1' }, seq: { N: '2' } } } },
      { body: { Items: [third] } },
    ]);
    const found = await createAuditStore(scriptedDocumentClient(aws), 'audit').entries('wal_1');
    expect(found).toEqual(entries);
    expect(firstBreak('wal_1', found, head)).toBeNull();
    const query = {
      TableName: 'audit',
      KeyConditionExpression: 'pk = :stream',
      ExpressionAttributeValues: { ':stream': { S: 'wal_1' } },
      ConsistentRead: true,
    };
    expect(aws.requests.map(({ body }) => body)).toEqual([
      query,
      { ...query, ExclusiveStartKey: { pk: { S: 'wal_1' }, seq: { N: '2' } } },
    ]);
  });

  it('of nothing gives nothing', async () => {
    const aws = createScriptedAws([{ body: { Items: [] } }]);
    expect(await createAuditStore(scriptedDocumentClient(aws), 'audit').entries('wal_9')).toEqual([]);
  });
});

describe('an edit in the table is found and named, whatever it did to the entry', () => {
  it.each([
    ['another value', { actor: { S: 'x' } }],
    ['a value that no entry may have', { severity: { S: 'HARMLESS' } }],
    ['a value of another type', { actor: { N: '7' } }],
    ['an attribute more', { approved_by: { S: 'forger' } }],
    ['an attribute less', { actor: undefined }],
  ])('%s', async (_name, edit) => {
    const rows = entries.map((entry) => (entry.seq === 2 ? { ...row(entry), ...edit } : row(entry)));
    const audit = createAuditStore(scriptedDocumentClient(createScriptedAws([{ body: { Items: rows } }])), 'audit');
    const deps = { audit, log: createRecordingLog().log, metrics: createRecordingMetrics().metrics };
    const found = await verifyStream(deps, 'wal_1', head);
    expect(found).toMatchObject({ verified: false, entries: 3, first_break: { seq: 2 } });
  });
});
