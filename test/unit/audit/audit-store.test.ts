import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { verifyStream } from '#shared/audit/verify-use-case.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { AUDIT_CONTENT, auditStream, NO_ANCHORS } from '#test/support/fakes/audit-stream.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const content = {
  ...AUDIT_CONTENT,
  reason: 'asked for',
  detail: { amount: '1000000000000000000', n: [1, { deep: null }] },
};
const { entries, head } = auditStream('wal_1', [content, { ...AUDIT_CONTENT, detail: { tags: {} } }, content]);

/** An entry as the table has it. */
function row(entry: (typeof entries)[number]) {
  const { stream, ...rest } = entry;
  return marshall({ pk: stream, ...rest, ...indexAttributesOf(entry) });
}

const storeOf = (...pages: readonly ScriptedAnswer[]) => {
  const aws = createScriptedAws(pages);
  return { aws, audit: createAuditStore(scriptedDocumentClient(aws), 'audit') };
};

describe('reading a stream', () => {
  const [first, second, third] = entries.map(row);
  const pages = [
    { body: { Items: [first, second], LastEvaluatedKey: { pk: { S: 'wal_1' }, seq: { N: '2' } } } },
    { body: { Items: [third] } },
  ];

  it.each(['stored', 'entries'] as const)('reads all of its pages in order, strongly consistent (%s)', async (read) => {
    const { aws, audit } = storeOf(...pages);
    expect(await audit[read]('wal_1')).toEqual(entries);
    const query = {
      TableName: 'audit',
      KeyConditionExpression: 'pk = :stream AND seq > :after',
      ExpressionAttributeValues: { ':stream': { S: 'wal_1' }, ':after': { N: String(Number.MIN_SAFE_INTEGER) } },
      ConsistentRead: true,
    };
    expect(aws.requests.map(({ body }) => body)).toEqual([
      query,
      { ...query, ExpressionAttributeValues: { ':stream': { S: 'wal_1' }, ':after': { N: '2' } } },
    ]);
  });

  it('reads what verifies', async () => {
    expect(firstBreak('wal_1', await storeOf(...pages).audit.stored('wal_1'), head)).toBeNull();
  });

  it('of nothing gives nothing', async () => {
    expect(await storeOf({ body: { Items: [] } }).audit.stored('wal_9')).toEqual([]);
  });

  it('gives even what is no entry to who verifies, and shows it to nobody', async () => {
    const forged = { body: { Items: [{ pk: { S: 'wal_1' }, seq: { N: '1' }, note: { S: 'x' } }] } };
    expect(await storeOf(forged).audit.stored('wal_1')).toEqual([{ pk: 'wal_1', seq: 1, note: 'x' }]);
    await expect(storeOf(forged).audit.entries('wal_1')).rejects.toThrow();
  });
});

describe('an edit in the table is found and named, whatever it did to the entry', () => {
  it.each([
    ['another value', { actor: { S: 'x' } }],
    ['a value that no entry may have', { severity: { S: 'HARMLESS' } }],
    ['a value of another type', { actor: { N: '7' } }],
    ['an attribute more', { approved_by: { S: 'forger' } }],
    ['an attribute more that is named as the stream is when it is read', { stream: { S: 'wal_2' } }],
    ['an attribute less', { actor: undefined }],
    ['an attribute that hides it from searches by day', { gsi1pk: { S: '1999-01-01#0' } }],
    ['no place in the index by day', { gsi1pk: undefined }],
    ['a place among grave entries', { gsi3pk: { S: 'CRITICAL' } }],
    ['another time in the indexes', { position: { S: '1999-01-01T00:00:00.000Z#wal_1#00000002' } }],
    ['a set where there was an empty map', { detail: { M: { tags: { SS: ['forged'] } } } }],
    [
      'everything gone but its key',
      { ...Object.fromEntries(Object.keys(entries[1] ?? {}).map((name) => [name, undefined])), seq: { N: '2' } },
    ],
  ])('%s', async (_name, edit) => {
    const rows = entries.map((entry) => (entry.seq === 2 ? { ...row(entry), ...edit } : row(entry)));
    const deps = {
      audit: storeOf({ body: { Items: rows } }).audit,
      anchors: NO_ANCHORS,
      log: createRecordingLog().log,
      metrics: createRecordingMetrics().metrics,
    };
    const deadline = Deadline.in(10_000, createFakeClock().now);
    const { verification } = await verifyStream(deps, 'wal_1', async () => head, deadline);
    expect(verification).toMatchObject({ verified: false, entries: 1, first_break: { seq: 2, reason: 'edited' } });
  });
});
