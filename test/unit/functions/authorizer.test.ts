import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/authorizer/handler.ts';
import type { ApiKey } from '#shared/access/api-key.ts';
import { formatToken, hashSecret } from '#shared/access/api-key-token.ts';
import { IssuerUnavailable } from '#shared/access/oidc/issuer-documents.ts';
import type { TokenVerdict, VerifyToken } from '#shared/access/oidc/verify-token.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { fromAuthorizerContext } from '#shared/platform/auth/principal.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_PEPPER, TEST_SECRET } from '#test/support/fakes/api-keys.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createLockoutDesk, TEST_LOCKOUT_POLICY } from '#test/support/fakes/lockout-desk.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';

const API = 'arn:aws:execute-api:eu-central-1:000000000000:abc123';
const METHOD_ARN = `${API}/prod/POST/api/v1/admin/wallets`;
const KEY_ID = `key_${TEST_KEY_ULID}`;
const TOKEN = formatToken({ mode: 'test', ulid: TEST_KEY_ULID, secret: TEST_SECRET });

interface Options {
  readonly key?: ApiKey | undefined;
  readonly findWithKey?: () => Promise<never>;
  readonly countFailure?: () => Promise<never>;
  readonly readPepper?: () => Promise<string>;
  readonly noteUse?: () => Promise<void>;
  readonly verifyToken?: VerifyToken;
}

function authorizing({ key = storedApiKey(), readPepper, noteUse, verifyToken, ...faults }: Options = {}) {
  const noted: string[][] = [];
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const desk = createLockoutDesk([key]);
  const handler = createHandler({
    keys: {
      async noteUse(...call) {
        noted.push(call);
        await noteUse?.();
      },
    },
    lockouts: { ...desk.store(), ...faults },
    policy: TEST_LOCKOUT_POLICY,
    readPepper: readPepper ?? (async () => TEST_PEPPER),
    verifyToken,
    clock: desk.clock.now,
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
  return { ask, handler, noted, log, metrics, desk };
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
      context: { principalId: KEY_ID, name: 'shop', scopes: 'custody:read token:write', makers: 'access-bootstrap' },
    });
  });

  it('becomes the principal that the API reads out of the context', async () => {
    const { context } = await authorizing().ask(`Bearer ${TOKEN}`);
    expect(fromAuthorizerContext(context)).toEqual({
      ...{ id: KEY_ID, name: 'shop', scopes: ['custody:read'], makers: ['access-bootstrap'] },
    });
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
    ['the table does not answer', { findWithKey: () => Promise.reject(new Error('throttled')) }],
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

describe('a token', () => {
  const JWT = 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln';
  const PRINCIPAL_ID = 'oidc:0123456789ab:alice';
  const operator = {
    id: PRINCIPAL_ID,
    name: 'admin',
    scopes: ['*' as const],
    expires_at_ms: TEST_NOW_MS + 1,
    session: 's',
  };
  const verdict = (given: TokenVerdict) => authorizing({ verifyToken: async () => given });

  it('of an operator becomes a principal with its end and its session, which the API reads out of the context', async () => {
    const { ask, noted } = verdict({ kind: 'accepted', principal: operator });
    const { context, principalId } = await ask(`Bearer ${JWT}`);
    expect(principalId).toBe(PRINCIPAL_ID);
    expect(fromAuthorizerContext(context)).toEqual(operator);
    for (const value of Object.values(context ?? {})) expect(typeof value).toBe('string');
    expect(noted).toEqual([]);
  });

  it.each(['no_role', 'address_refused'] as const)('that is good, but %s, is denied: 403', async (kind) => {
    const { ask, desk } = verdict({ kind, principalId: PRINCIPAL_ID });
    expect(await ask(`Bearer ${JWT}`)).toMatchObject({
      principalId: PRINCIPAL_ID,
      policyDocument: { Statement: [{ Effect: 'Deny' }] },
    });
    expect(desk.counts.size).toBe(0);
  });

  it('is nothing where no issuer is configured', async () => {
    const { ask, log } = authorizing();
    await expect(ask(`Bearer ${JWT}`)).rejects.toThrow(/^Unauthorized$/);
    expect(log.of('AUTHENTICATION_REFUSED')).toMatchObject([{ reason: 'malformed' }]);
  });

  it('that cannot be judged is a fault and no failure of who shows it', async () => {
    const { ask, metrics, desk } = authorizing({ verifyToken: () => Promise.reject(new IssuerUnavailable('down')) });
    await expect(ask(`Bearer ${JWT}`)).rejects.toThrow(IssuerUnavailable);
    expect(metrics.counts()).toEqual({ AuthenticationFault: 1 });
    expect(desk.counts.size).toBe(0);
  });

  it('is in no line of the log', async () => {
    const { ask, log } = verdict({ kind: 'refused', reason: 'bad_signature' });
    await expect(ask(`Bearer ${JWT}`)).rejects.toThrow('Unauthorized');
    expect(log.everything()).not.toContain(JWT);
  });
});

describe('who keeps failing', () => {
  const WRONG = `Bearer ${formatToken({ mode: 'test', ulid: TEST_KEY_ULID, secret: 'f'.repeat(64) })}`;
  const RIGHT = `Bearer ${TOKEN}`;
  const isLet = async (asking: Promise<unknown>) =>
    asking.then(
      () => true,
      () => false,
    );

  it('is locked out of that key at that address, and the right secret is refused like a wrong one', async () => {
    const { ask, log } = authorizing();
    for (let count = 0; count < 3; count += 1) expect(await isLet(ask(WRONG))).toBe(false);
    await expect(ask(RIGHT)).rejects.toThrow(/^Unauthorized$/);
    expect(log.of('AUTHENTICATION_LOCKED_OUT')).toHaveLength(1);
  });

  it('does not lock out the owner of the key at another address', async () => {
    const { ask } = authorizing();
    for (let count = 0; count < 4; count += 1) await isLet(ask(WRONG));
    expect(await isLet(ask(RIGHT, '198.51.100.1'))).toBe(true);
  });

  it('is let in again when the time is over, and attempts meanwhile do not prolong it', async () => {
    const { ask, desk } = authorizing();
    for (let count = 0; count < 3; count += 1) await isLet(ask(WRONG));
    desk.clock.advance(119_999);
    for (let count = 0; count < 10; count += 1) expect(await isLet(ask(RIGHT))).toBe(false);
    desk.clock.advance(1);
    expect(await isLet(ask(RIGHT))).toBe(true);
  });

  it('is locked out of everything at that address when keys are unknown, tokens bad or nothing is readable', async () => {
    const { ask } = authorizing({ verifyToken: async () => ({ kind: 'refused', reason: 'bad_signature' }) });
    const unknown = `Bearer ${formatToken({ mode: 'test', ulid: TEST_KEY_ULID.replace('Y', 'X'), secret: TEST_SECRET })}`;
    for (const bad of [unknown, 'Bearer a.b.c', 'Bearer nonsense', unknown, 'Bearer a.b.c']) await isLet(ask(bad));
    expect(await isLet(ask(RIGHT))).toBe(false);
    expect(await isLet(ask(RIGHT, '198.51.100.1'))).toBe(true);
  });

  it.each([
    ['no credentials', undefined],
    ['what is no key and no token', 'Bearer nonsense'],
    ['a token where no issuer is configured', 'Bearer a.b.c'],
  ])(
    'and shows %s while the address is locked is not counted: attempts do not prolong a lock',
    async (_name, shown) => {
      const { ask, desk, log } = authorizing();
      for (let count = 0; count < 5; count += 1) await isLet(ask('Bearer nonsense'));
      const before = [...desk.counts];
      for (let count = 0; count < 9; count += 1) await expect(ask(shown)).rejects.toThrow(/^Unauthorized$/);
      expect([...desk.counts]).toEqual(before);
      expect(log.of('AUTHENTICATION_LOCKED_OUT')).toHaveLength(9);
    },
  );

  it.each([
    ['an expired key', { expires_at: isoTime(TEST_NOW_MS) }],
    ['a revoked key', { revoked_at: isoTime(TEST_NOW_MS) }],
  ])('with %s is a forgotten client, not an attacker: it is not counted', async (_name, change) => {
    const { ask, desk } = authorizing({ key: storedApiKey(change) });
    for (let count = 0; count < 9; count += 1) await isLet(ask(RIGHT));
    expect(desk.counts.size).toBe(0);
  });

  it('makes one episode: one line, one count, one entry, however many fail at once', async () => {
    const { ask, log, metrics, desk } = authorizing();
    await Promise.all(Array.from({ length: 40 }, () => isLet(ask(WRONG))));
    const entries = await desk.audit.entries('security:203.0.113.7');
    // That of the address, and before it that of the key unless the address came first.
    expect(entries.at(-1)?.action).toBe('lockout.address');
    expect(new Set(entries.map(({ action }) => action)).size).toBe(entries.length);
    expect(log.of('LOCKOUT_STARTED')).toHaveLength(entries.length);
    expect(metrics.counts()).toMatchObject({ LockoutStarted: entries.length });
    expect(firstBreak('security:203.0.113.7', entries, await desk.head('203.0.113.7'))).toBeNull();
  });

  it('is refused all the same when failures cannot be counted', async () => {
    const { ask, log } = authorizing({ countFailure: () => Promise.reject(new Error('throttled')) });
    await expect(ask(WRONG)).rejects.toThrow(/^Unauthorized$/);
    expect(log.of('FAILURE_NOT_COUNTED')).toHaveLength(1);
  });

  it('costs a good key nothing: one read for its row and the locks together', async () => {
    const { ask, desk } = authorizing();
    await ask(RIGHT);
    expect(desk.aws.requests.map(({ operation }) => operation)).toEqual(['BatchGetItem']);
  });
});
