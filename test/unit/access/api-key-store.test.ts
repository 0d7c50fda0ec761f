import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { changed, createApiKeyStore } from '#shared/access/api-key-store.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { storedApiKey } from '#test/support/fakes/api-keys.ts';
import { AUDIT_CONTENT } from '#test/support/fakes/audit-stream.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import {
  conditionFailed,
  createScriptedAws,
  dynamoError,
  type Script,
  scriptedDocumentClient,
} from '#test/support/fakes/scripted-aws.ts';

const AT = '2026-11-21T18:30:00.000Z';
const KEY = storedApiKey();
const row = (id: string) => marshall({ pk: id, ...storedApiKey({ id }), gsi1pk: 'API_KEYS', gsi1sk: id });

function storeWith(script: Script) {
  const aws = createScriptedAws(script);
  return { aws, store: createApiKeyStore(scriptedDocumentClient(aws), 'access') };
}

describe('finding a key', () => {
  it('reads it strongly consistent: a revocation counts at once', async () => {
    const { aws, store } = storeWith([{ body: { Item: row(KEY.id) } }]);
    expect(await store.find(KEY.id)).toEqual(KEY);
    expect(aws.requests).toEqual([
      { operation: 'GetItem', body: { TableName: 'access', Key: { pk: { S: KEY.id } }, ConsistentRead: true } },
    ]);
  });

  it('finds none where there is none, and says so when there must be one', async () => {
    const { store } = storeWith(() => ({ body: {} }));
    expect(await store.find('key_none')).toBeUndefined();
    expect((await caughtLater(HavenError, () => store.get('key_none'))).code).toBe('API_KEY_NOT_FOUND');
  });

  it('refuses a row that is no key, rather than judging by half of one', async () => {
    const { store } = storeWith([{ body: { Item: { pk: { S: KEY.id }, scopes: { L: [{ S: '*' }] } } } }]);
    await expect(store.find(KEY.id)).rejects.toThrow();
  });
});

describe('listing keys', () => {
  it('reads ids from the index, newest first, and rows from the table, in the order of the ids', async () => {
    const { aws, store } = storeWith([
      { body: { Items: [{ gsi1sk: { S: 'key_3' } }, { gsi1sk: { S: 'key_2' } }] } },
      { body: { Responses: { access: [row('key_2'), row('key_3')] }, UnprocessedKeys: {} } },
    ]);
    const page = await store.list(undefined, 2);
    expect(page.rows.map(({ id }) => id)).toEqual(['key_3', 'key_2']);
    expect(page.lastId).toBe('key_2');
    expect(aws.requests.map(({ operation }) => operation)).toEqual(['Query', 'BatchGetItem']);
  });
});

describe('noting the use of a key', () => {
  it('writes only where no later use is noted, and only to a key that is there', async () => {
    const { aws, store } = storeWith([{ body: {} }]);
    await store.noteUse(KEY.id, AT, '2026-11-21T18:29:00.000Z');
    expect(aws.requests[0]?.body).toMatchObject({
      UpdateExpression: 'SET last_used_at = :at',
      ConditionExpression: 'attribute_exists(pk) AND (last_used_at = :null OR last_used_at < :notSince)',
      ExpressionAttributeValues: {
        ':at': { S: AT },
        ':notSince': { S: '2026-11-21T18:29:00.000Z' },
        ':null': { NULL: true },
      },
    });
  });

  it('is content when a use was noted a moment ago', async () => {
    const { store } = storeWith([conditionFailed()]);
    await expect(store.noteUse(KEY.id, AT, AT)).resolves.toBeUndefined();
  });

  it('tells of any other failure', async () => {
    const { store } = storeWith([dynamoError('AccessDeniedException')]);
    await expect(store.noteUse(KEY.id, AT, AT)).rejects.toThrow();
  });
});

describe('a change of a key', () => {
  it('raises the version and moves the end of its audit stream', () => {
    const first = changed(undefined, KEY, AUDIT_CONTENT, AT);
    expect(first.after).toMatchObject({ version: 1, audit_seq: 1, audit_hash: first.entry.hash });
    const second = changed(first.after, { ...first.after, name: 'other' }, AUDIT_CONTENT, AT);
    expect(second.after).toMatchObject({ version: 2, audit_seq: 2, name: 'other' });
    expect(second.entry).toMatchObject({ stream: KEY.id, seq: 2, prev_hash: first.entry.hash });
  });
});
