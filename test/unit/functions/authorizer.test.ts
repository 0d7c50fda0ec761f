import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/authorizer/handler.ts';
import type { ApiKey } from '#shared/access/api-key.ts';
import { formatToken, hashSecret } from '#shared/access/api-key-token.ts';
import { fromAuthorizerContext } from '#shared/platform/auth/principal.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_PEPPER, TEST_SECRET } from '#test/support/fakes/api-keys.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';

const API = 'arn:aws:execute-api:eu-central-1:000000000000:abc123';
const METHOD_ARN = `${API}/prod/POST/api/v1/admin/wallets`;
const KEY_ID = `key_${TEST_KEY_ULID}`;
const TOKEN = formatToken({ mode: 'test', ulid: TEST_KEY_ULID, secret: TEST_SECRET });

interface Options {
  readonly key?: ApiKey | undefined;
  readonly find?: () => Promise<ApiKey | undefined>;
  readonly readPepper?: () => Promise<string>;
  readonly noteUse?: () => Promise<void>;
}

function authorizing({ key = storedApiKey(), find, readPepper, noteUse }: Options = {}) {
  const noted: string[][] = [];
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const handler = createHandler({
    keys: {
      find: find ?? (async (id) => (id === key.id ? key : undefined)),
      async noteUse(...call) {
        noted.push(call);
        await noteUse?.();
      },
    },
    readPepper: readPepper ?? (async () => TEST_PEPPER),
    clock: createFakeClock().now,
    log: log.log,
    metrics: metrics.metrics,
  });
  const ask = (authorization: string | undefined, sourceIp = '203.0.113.7', header = 'Authorization') =>
    handler({
      type: 'REQUEST',
      methodArn: METHOD_ARN,
      headers: authorization === undefined ? null : { [header]: authorization },
      requestContext: { requestId: 'request-1', identity: { sourceIp } },
    });
  return { ask, handler, noted, log, metrics };
}

const policy = (Effect: string) => ({
  principalId: KEY_ID,
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: `${API}/prod/*` }],
  },
});

describe('a good key', () => {
  it('is allowed the whole stage, whatever was asked: the answer is kept for all routes', async () => {
    const { ask } = authorizing({ key: storedApiKey({ scopes: ['custody:read', 'token:write'] }) });
    expect(await ask(`Bearer ${TOKEN}`)).toEqual({
      ...policy('Allow'),
      context: { principalId: KEY_ID, name: 'shop', scopes: 'custody:read token:write' },
    });
  });

  it('becomes the principal that the API reads out of the context', async () => {
    const { context } = await authorizing().ask(`Bearer ${TOKEN}`);
    expect(fromAuthorizerContext(context)).toEqual({ id: KEY_ID, name: 'shop', scopes: ['custody:read'] });
  });

  it('gives API Gateway texts only', async () => {
    const { context } = await authorizing().ask(`Bearer ${TOKEN}`);
    for (const value of Object.values(context ?? {})) expect(typeof value).toBe('string');
  });

  it.each(['authorization', 'AUTHORIZATION'])('is read from the header %s', async (header) => {
    expect(await authorizing().ask(`Bearer ${TOKEN}`, undefined, header)).toMatchObject(policy('Allow'));
  });

  it('has its use noted, at most once a minute', async () => {
    const { ask, noted } = authorizing();
    await ask(`Bearer ${TOKEN}`);
    expect(noted).toEqual([[KEY_ID, isoTime(TEST_NOW_MS), isoTime(TEST_NOW_MS - 60_000)]]);
  });

  it('is good although its use cannot be noted', async () => {
    const { ask, log, metrics } = authorizing({ noteUse: () => Promise.reject(new Error('throttled')) });
    expect(await ask(`Bearer ${TOKEN}`)).toMatchObject(policy('Allow'));
    expect(log.of('LAST_USED_NOT_RECORDED')).toHaveLength(1);
    expect(metrics.counts()).toEqual({});
  });
});

describe('a good key at a wrong address', () => {
  it('is denied, not asked to try again: 403', async () => {
    const { ask, noted, log, metrics } = authorizing({ key: storedApiKey({ allowed_addresses: ['198.51.100.0/24'] }) });
    expect(await ask(`Bearer ${TOKEN}`)).toEqual(policy('Deny'));
    expect(noted).toEqual([]);
    expect(log.of('AUTHENTICATION_ADDRESS_REFUSED')).toMatchObject([{ key_id: KEY_ID, source_address: '203.0.113.7' }]);
    expect(metrics.counts()).toEqual({ AuthenticationRefused: 1 });
  });
});

describe('anything else is 401, by the very word that API Gateway knows', () => {
  const withSecret = (secret: string) => formatToken({ mode: 'test', ulid: TEST_KEY_ULID, secret });
  const past = isoTime(TEST_NOW_MS);

  it.each<[string, string | undefined, ApiKey | undefined, string]>([
    ['no header', undefined, undefined, 'malformed'],
    ['an empty header', '', undefined, 'malformed'],
    ['another scheme', 'Basic abc', undefined, 'malformed'],
    ['a token without Bearer', TOKEN, undefined, 'malformed'],
    ['half a token', `Bearer ${TOKEN.slice(0, 60)}`, undefined, 'malformed'],
    ['an unknown key', `Bearer ${TOKEN}`, storedApiKey({ id: 'key_other' }), 'unknown'],
    ['a wrong secret', `Bearer ${withSecret('f'.repeat(64))}`, undefined, 'wrong_secret'],
    ['a revoked key', `Bearer ${TOKEN}`, storedApiKey({ revoked_at: past }), 'revoked'],
    ['an expired key', `Bearer ${TOKEN}`, storedApiKey({ expires_at: past }), 'expired'],
    [
      'a key of the other mode',
      `Bearer ${TOKEN}`,
      storedApiKey({ mode: 'live', secret_hash: hashSecret(TEST_PEPPER, TEST_SECRET) }),
      'wrong_mode',
    ],
  ])('%s', async (_name, authorization, key, reason) => {
    const { ask, log, metrics, noted } = authorizing(key === undefined ? {} : { key });
    const error = await caughtLater(Error, () => ask(authorization));
    expect(error.message).toBe('Unauthorized');
    expect(log.of('AUTHENTICATION_REFUSED')).toMatchObject([{ reason }]);
    expect(metrics.counts()).toEqual({ AuthenticationRefused: 1 });
    expect(noted).toEqual([]);
    expect(log.everything()).not.toContain(TEST_SECRET);
  });
});

describe('a fault is no refusal: it is counted by itself and answered 500', () => {
  it.each([
    ['the table does not answer', { find: () => Promise.reject(new Error('throttled')) }],
    ['the pepper cannot be read', { readPepper: () => Promise.reject(new Error('no secret')) }],
  ])('when %s', async (_name, options) => {
    const { ask, log, metrics } = authorizing(options);
    const error = await caughtLater(Error, () => ask(`Bearer ${TOKEN}`));
    expect(error.message).not.toBe('Unauthorized');
    expect(metrics.counts()).toEqual({ AuthenticationFault: 1 });
    expect(log.of('AUTHENTICATION_FAULT')).toHaveLength(1);
  });

  it('when the event is none', async () => {
    await expect(authorizing().handler({})).rejects.toThrow();
  });
});
