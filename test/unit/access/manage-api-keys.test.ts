import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ApiKey } from '#shared/access/api-key.ts';
import { changeApiKey, issueApiKey, revokeApiKey, rotateApiKey } from '#shared/access/manage-api-keys.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { storedApiKey } from '#test/support/fakes/api-keys.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { ISSUED_KEY_ID, keyManagement } from '#test/support/fakes/key-management.ts';
import { cancelled, type ScriptedAws } from '#test/support/fakes/scripted-aws.ts';

const wanted = (scopes: readonly Scope[]) => ({ name: 'shop', scopes, allowed_addresses: [], expires_at: null });

/** The puts of a transaction, with their items as plain values of their attributes. */
const putsSchema = z.array(
  z.object({
    Put: z.object({
      TableName: z.string(),
      Item: z.record(
        z.string(),
        z.record(z.string(), z.unknown()).transform((attribute) => Object.values(attribute)[0]),
      ),
      ConditionExpression: z.string(),
    }),
  }),
);

const putsOf = ({ requests }: ScriptedAws) =>
  requests.flatMap(({ body }) => putsSchema.parse(body['TransactItems'])).map(({ Put }) => Put);

describe('issuing a key', () => {
  it('shows its token once: what is stored, in the key and for replay, has none', async () => {
    const { deps, context, idempotency, aws } = keyManagement();
    const issued = await issueApiKey(deps, wanted(['token:read']), context);
    expect(issued.key).toMatch(/^hvn_test_01JD8Q4X7M5N2V9C3R6T0W1YZB_[0-9a-f]{64}$/);
    const secret = issued.key?.split('_').at(-1) ?? 'none';
    expect(JSON.stringify(aws.requests)).not.toContain(secret);
    expect([...idempotency.recorded]).toEqual([['IDEMPOTENCY#k', { status: 201, body: { ...issued, key: null } }]]);
  });

  it('stores the key only if it is new, with its audit entry, in one transaction', async () => {
    const { deps, context, aws } = keyManagement();
    await issueApiKey(deps, wanted(['token:read']), context);
    expect(aws.requests.map(({ operation }) => operation)).toEqual(['TransactWriteItems']);
    const [key, entry] = putsOf(aws);
    expect(key).toMatchObject({
      TableName: 'access',
      ConditionExpression: 'attribute_not_exists(pk)',
      Item: { pk: ISSUED_KEY_ID, version: '1' },
    });
    expect(entry).toMatchObject({
      TableName: 'audit',
      Item: { pk: ISSUED_KEY_ID, seq: '1', action: 'api_key.issued', actor: 'key_issuer', request_id: 'request-1' },
    });
    expect(entry?.Item['hash']).toBe(key?.Item['audit_hash']);
  });
});

describe('rotating a key', () => {
  const rotate = async (stored: Partial<ApiKey>, overlapSeconds: number, nowMs = TEST_NOW_MS) => {
    const run = keyManagement({ stored: storedApiKey(stored), nowMs });
    const issued = await rotateApiKey(run.deps, 'key_old', overlapSeconds, run.context);
    const retired = putsOf(run.aws).find(({ Item }) => Item['successor_id'] === ISSUED_KEY_ID)?.Item;
    return { issued, retired };
  };

  it('makes a successor with the same rights and links the old key to it', async () => {
    const rights = { scopes: ['token:read' as const], allowed_addresses: ['203.0.113.7'], name: 'shop' };
    const { issued, retired } = await rotate(rights, 60);
    expect(issued).toMatchObject({ ...rights, id: ISSUED_KEY_ID, successor_id: null, version: 1 });
    expect(retired).toMatchObject({ version: '2', expires_at: isoTime(TEST_NOW_MS + 60_000) });
  });

  it('ends the old key after the overlap, or when it would have ended anyway if that is sooner', async () => {
    const ends = async (expires_at: string | null) => (await rotate({ expires_at }, 60)).retired?.['expires_at'];
    expect(await ends(null)).toBe(isoTime(TEST_NOW_MS + 60_000));
    expect(await ends(isoTime(TEST_NOW_MS + 90_000))).toBe(isoTime(TEST_NOW_MS + 60_000));
    expect(await ends(isoTime(TEST_NOW_MS + 30_000))).toBe(isoTime(TEST_NOW_MS + 30_000));
  });

  it.each([
    ['without milliseconds', '2026-11-21T18:31:00Z', 500],
    ['with tenths of a second', '2026-11-21T18:31:00.1Z', 150],
  ])('never makes the old key last longer, however its end is written: %s', async (_name, expires_at, laterMs) => {
    const { retired } = await rotate({ expires_at }, 60, TEST_NOW_MS + laterMs);
    expect(retired?.['expires_at']).toBe(isoTime(Date.parse(expires_at)));
  });

  it.each([
    ['rotated', { successor_id: 'key_2' }],
    ['revoked', { revoked_at: isoTime(TEST_NOW_MS) }],
  ])('is refused when it is %s already', async (word, stored) => {
    const { deps, context } = keyManagement({ stored: storedApiKey(stored) });
    const error = await caughtLater(HavenError, () => rotateApiKey(deps, 'key_old', 60, context));
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', message: expect.stringContaining(word) });
  });

  it.each([
    ['ended this millisecond', isoTime(TEST_NOW_MS)],
    ['ended long ago', '2020-01-01T00:00:00Z'],
    ['has an end that cannot be read', 'soon'],
  ])('is refused when it %s: a successor would bring it back to life', async (_name, expires_at) => {
    const { deps, context, aws } = keyManagement({ stored: storedApiKey({ expires_at }) });
    const error = await caughtLater(HavenError, () => rotateApiKey(deps, 'key_old', 60, context));
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', message: expect.stringContaining('expired') });
    expect(aws.requests).toEqual([]);
  });

  it('still works in the last millisecond of a key', async () => {
    const expires_at = isoTime(TEST_NOW_MS + 1);
    const { issued, retired } = await rotate({ expires_at }, 60);
    expect([issued.expires_at, retired?.['expires_at']]).toEqual([expires_at, expires_at]);
  });

  it('is refused when another rotation came first', async () => {
    const failed = cancelled([
      { Code: 'None' },
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed' },
      { Code: 'None' },
    ]);
    const { deps, context } = keyManagement({ stored: storedApiKey(), written: failed });
    expect((await caughtLater(HavenError, () => rotateApiKey(deps, 'key_old', 60, context))).code).toBe(
      'WRITE_CONFLICT',
    );
  });
});

describe('changing a key', () => {
  it('changes what is named and nothing else, under the version that was read', async () => {
    const { deps, context, aws } = keyManagement({ stored: storedApiKey({ version: 4, name: 'old' }) });
    const view = await changeApiKey(deps, 'key_old', { expires_at: '2027-01-01T00:00:00Z' }, context);
    expect(view).toMatchObject({
      name: 'old',
      scopes: ['custody:read'],
      expires_at: '2027-01-01T00:00:00Z',
      version: 5,
    });
    expect(putsOf(aws)[0]?.ConditionExpression).toBe('#version = :before');
    expect(putsOf(aws)[1]?.Item).toMatchObject({ action: 'api_key.changed', severity: 'WARNING' });
  });

  it('can take an end away, which is not the same as leaving it', async () => {
    const stored = storedApiKey({ expires_at: '2027-01-01T00:00:00Z' });
    const { deps, context } = keyManagement({ stored });
    expect((await changeApiKey(deps, 'key_old', { name: 'x' }, context)).expires_at).toBe('2027-01-01T00:00:00Z');
    expect((await changeApiKey(deps, 'key_old', { expires_at: null }, context)).expires_at).toBeNull();
  });

  it('is refused for a revoked key', async () => {
    const { deps, context } = keyManagement({ stored: storedApiKey({ revoked_at: isoTime(TEST_NOW_MS) }) });
    expect((await caughtLater(HavenError, () => changeApiKey(deps, 'key_old', { name: 'x' }, context))).code).toBe(
      'INVALID_TRANSITION',
    );
  });

  it('honours If-Match', async () => {
    const stale = keyManagement({ stored: storedApiKey({ version: 4 }), ifMatchVersion: 3 });
    const error = await caughtLater(HavenError, () =>
      changeApiKey(stale.deps, 'key_old', { name: 'x' }, stale.context),
    );
    expect(error).toMatchObject({ code: 'VERSION_MISMATCH', status: 412, details: { version: 4 } });
    const current = keyManagement({ stored: storedApiKey({ version: 4 }), ifMatchVersion: 4 });
    expect((await changeApiKey(current.deps, 'key_old', { name: 'x' }, current.context)).version).toBe(5);
  });
});

describe('revoking a key', () => {
  it('twice changes nothing the second time', async () => {
    const revoked_at = isoTime(TEST_NOW_MS - 5_000);
    const { deps, context, aws } = keyManagement({ stored: storedApiKey({ revoked_at, version: 3 }) });
    expect(await revokeApiKey(deps, 'key_old', context)).toMatchObject({ revoked_at, version: 3 });
    expect(aws.requests).toEqual([]);
  });

  it('that does not exist is API_KEY_NOT_FOUND', async () => {
    const { deps, context } = keyManagement();
    expect((await caughtLater(HavenError, () => revokeApiKey(deps, 'key_none', context))).code).toBe(
      'API_KEY_NOT_FOUND',
    );
  });
});
