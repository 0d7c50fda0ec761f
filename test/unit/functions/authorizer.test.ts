import { describe, expect, it } from 'vitest';
import type { ApiKey } from '#shared/access/api-key.ts';
import { hashSecret } from '#shared/access/api-key-token.ts';
import { IssuerUnavailable } from '#shared/access/oidc/issuer-documents.ts';
import type { TokenVerdict } from '#shared/access/oidc/verify-token.ts';
import { fromAuthorizerContext } from '#shared/platform/auth/principal.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_PEPPER, TEST_SECRET } from '#test/support/fakes/api-keys.ts';
import { createAuthorizerDesk, TEST_API_ARN, tokenOf } from '#test/support/fakes/authorizer-desk.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const KEY_ID = `key_${TEST_KEY_ULID}`;
const TOKEN = tokenOf();

const policy = (Effect: string) => ({
  principalId: KEY_ID,
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: `${TEST_API_ARN}/prod/*` }],
  },
});

describe('a good key', () => {
  it('is allowed the whole stage, whatever was asked: the answer is kept for all routes', async () => {
    const { ask } = createAuthorizerDesk({ key: storedApiKey({ scopes: ['custody:read', 'token:write'] }) });
    expect(await ask(`Bearer ${TOKEN}`)).toEqual({
      ...policy('Allow'),
      context: { principalId: KEY_ID, name: 'shop', scopes: 'custody:read token:write', makers: 'access-bootstrap' },
    });
  });

  it('becomes the principal that the API reads out of the context', async () => {
    const { context } = await createAuthorizerDesk().ask(`Bearer ${TOKEN}`);
    expect(fromAuthorizerContext(context)).toEqual({
      ...{ id: KEY_ID, name: 'shop', scopes: ['custody:read'], makers: ['access-bootstrap'] },
    });
  });

  it('gives API Gateway texts only', async () => {
    const { context } = await createAuthorizerDesk().ask(`Bearer ${TOKEN}`);
    for (const value of Object.values(context ?? {})) expect(typeof value).toBe('string');
  });

  it.each(['authorization', 'AUTHORIZATION'])('is read from the header %s', async (header) => {
    expect(await createAuthorizerDesk().ask(`Bearer ${TOKEN}`, undefined, header)).toMatchObject(policy('Allow'));
  });

  it('has its use noted, at most once a minute', async () => {
    const { ask, noted } = createAuthorizerDesk();
    await ask(`Bearer ${TOKEN}`);
    expect(noted).toEqual([[KEY_ID, isoTime(TEST_NOW_MS), isoTime(TEST_NOW_MS - 60_000)]]);
  });

  it('is good although its use cannot be noted', async () => {
    const { ask, log, metrics } = createAuthorizerDesk({ noteUse: () => Promise.reject(new Error('throttled')) });
    expect(await ask(`Bearer ${TOKEN}`)).toMatchObject(policy('Allow'));
    expect(log.of('LAST_USED_NOT_RECORDED')).toHaveLength(1);
    expect(metrics.counts()).toEqual({});
  });
});

describe('a good key at a wrong address', () => {
  it('is denied, not asked to try again: 403', async () => {
    const { ask, noted, log, metrics } = createAuthorizerDesk({
      key: storedApiKey({ allowed_addresses: ['198.51.100.0/24'] }),
    });
    expect(await ask(`Bearer ${TOKEN}`)).toEqual(policy('Deny'));
    expect(noted).toEqual([]);
    expect(log.of('AUTHENTICATION_ADDRESS_REFUSED')).toMatchObject([{ key_id: KEY_ID, source_address: '203.0.113.7' }]);
    expect(metrics.counts()).toEqual({ AuthenticationRefused: 1 });
  });
});

describe('anything else is 401, by the very word that API Gateway knows', () => {
  const past = isoTime(TEST_NOW_MS);

  it.each<[string, string | undefined, ApiKey | undefined, string]>([
    ['no header', undefined, undefined, 'malformed'],
    ['an empty header', '', undefined, 'malformed'],
    ['another scheme', 'Basic abc', undefined, 'malformed'],
    ['a token without Bearer', TOKEN, undefined, 'malformed'],
    ['half a token', `Bearer ${TOKEN.slice(0, 60)}`, undefined, 'malformed'],
    ['an unknown key', `Bearer ${TOKEN}`, storedApiKey({ id: 'key_other' }), 'unknown'],
    ['a wrong secret', `Bearer ${tokenOf('f'.repeat(64))}`, undefined, 'wrong_secret'],
    ['a revoked key', `Bearer ${TOKEN}`, storedApiKey({ revoked_at: past }), 'revoked'],
    ['an expired key', `Bearer ${TOKEN}`, storedApiKey({ expires_at: past }), 'expired'],
    [
      'a key of the other mode',
      `Bearer ${TOKEN}`,
      storedApiKey({ mode: 'live', secret_hash: hashSecret(TEST_PEPPER, TEST_SECRET) }),
      'wrong_mode',
    ],
  ])('%s', async (_name, authorization, key, reason) => {
    const { ask, log, metrics, noted } = createAuthorizerDesk(key === undefined ? {} : { key });
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
    const { ask, log, metrics } = createAuthorizerDesk(options);
    const error = await caughtLater(Error, () => ask(`Bearer ${TOKEN}`));
    expect(error.message).not.toBe('Unauthorized');
    expect(metrics.counts()).toEqual({ AuthenticationFault: 1 });
    expect(log.of('AUTHENTICATION_FAULT')).toHaveLength(1);
  });

  it('when the event is none', async () => {
    await expect(createAuthorizerDesk().handler({})).rejects.toThrow();
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
  const verdict = (given: TokenVerdict) => createAuthorizerDesk({ verifyToken: async () => given });

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
    const { ask, log } = createAuthorizerDesk();
    await expect(ask(`Bearer ${JWT}`)).rejects.toThrow(/^Unauthorized$/);
    expect(log.of('AUTHENTICATION_REFUSED')).toMatchObject([{ reason: 'malformed' }]);
  });

  it('that cannot be judged is a fault and no failure of who shows it', async () => {
    const { ask, metrics, desk } = createAuthorizerDesk({
      verifyToken: () => Promise.reject(new IssuerUnavailable('down')),
    });
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
