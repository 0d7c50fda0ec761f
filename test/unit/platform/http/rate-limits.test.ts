import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { bind, bindPublic } from '#shared/platform/http/bound-route.ts';
import { rateLimitConfigShape, ratePolicies } from '#shared/platform/http/rate-limits.ts';
import { defineRoute } from '#shared/platform/http/route.ts';
import type { RateDecision } from '#shared/platform/rate-limit/gcra.ts';
import { createFakeLimiter, type FakeLimiter, PLENTY } from '#test/support/fakes/fake-limiter.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const base = { ...PLAIN_ROUTE, response: z.object({}) };
const PUBLIC = { path: '/open' };
const PRIVATE = { path: '/closed', scopes: '*', principalId: 'key_7', sourceAddress: '198.51.100.9' };

function apiWith(limiter: FakeLimiter, useCase: () => Promise<Record<string, never>> = async () => ({})) {
  return createTestApi(
    [
      bindPublic('open', defineRoute({ ...base, path: '/open' }), useCase),
      bind('storefront', defineRoute({ ...base, path: '/storefront', access: 'carts:write' }), useCase),
      bind('closed', defineRoute({ ...base, path: '/closed', access: 'custody:read', rate: 'sensitive' }), useCase),
    ],
    { limiter },
  );
}

/** A limiter that says one thing to addresses and another to principals. */
const split = (address: RateDecision | Error, principal: RateDecision | Error) =>
  createFakeLimiter((key) => (key.includes('#principal#') ? principal : address));

const refused = (retryAfterMs: number): RateDecision => ({
  allowed: false,
  remaining: 0,
  resetMs: 60_000,
  retryAfterMs,
});

describe('what is counted', () => {
  it('on a public route is its address, against the public quota', async () => {
    const limiter = createFakeLimiter();
    await apiWith(limiter).send({ ...PUBLIC, sourceAddress: '198.51.100.9' });
    expect(limiter.asked).toEqual([
      { key: 'RATE#public#address#198.51.100.9', policy: { name: 'public', limit: 100, windowMs: 60_000 } },
    ]);
  });

  it('on a route for publishable keys is its address only: the key is that of every customer', async () => {
    const limiter = createFakeLimiter();
    await apiWith(limiter).send({ ...PRIVATE, path: '/storefront' });
    expect(limiter.asked.map(({ key }) => key)).toEqual(['RATE#public#address#198.51.100.9']);
  });

  it("on another route is its address and its principal, each against the route's quota", async () => {
    const limiter = createFakeLimiter();
    await apiWith(limiter).send(PRIVATE);
    expect(limiter.asked.map(({ key }) => key)).toEqual([
      'RATE#sensitive#address#198.51.100.9',
      'RATE#sensitive#principal#key_7',
    ]);
    expect(new Set(limiter.asked.map(({ policy }) => policy.limit))).toEqual(new Set([400]));
  });
});

describe('an answer within the quota', () => {
  it('tells the policy and what is left of it', async () => {
    const response = await apiWith(createFakeLimiter()).send(PUBLIC);
    expect(response.headers).toMatchObject({
      'RateLimit-Policy': '"public";q=100;w=60',
      RateLimit: '"public";r=99;t=1',
    });
    expect(response.headers).not.toHaveProperty('Retry-After');
  });

  it.each([
    ['the address', split({ ...PLENTY, remaining: 2 }, { ...PLENTY, remaining: 5 })],
    ['the principal', split({ ...PLENTY, remaining: 5 }, { ...PLENTY, remaining: 2 })],
  ])('tells of %s when that has less left', async (_name, limiter) => {
    expect((await apiWith(limiter).send(PRIVATE)).headers['RateLimit']).toBe('"sensitive";r=2;t=1');
  });

  it('tells it in refusals and failures as well', async () => {
    for (const thrown of [new HavenError('OUT_OF_STOCK', 'none left'), new Error('no')]) {
      const api = apiWith(createFakeLimiter(), async () => {
        throw thrown;
      });
      expect((await api.send(PUBLIC)).headers['RateLimit']).toBe('"public";r=99;t=1');
    }
  });
});

describe('a request beyond the quota', () => {
  it('is answered 429 with Retry-After and the RateLimit headers, and does not reach its use case', async () => {
    let runs = 0;
    const api = apiWith(
      createFakeLimiter(() => refused(2_400)),
      async () => {
        runs += 1;
        return {};
      },
    );
    const response = await api.send(PUBLIC);
    expect(response.statusCode).toBe(429);
    expect(response.headers).toMatchObject({
      'Retry-After': '3',
      'RateLimit-Policy': '"public";q=100;w=60',
      RateLimit: '"public";r=0;t=60',
      'Content-Type': 'application/problem+json',
    });
    expect(problemOf(response)).toMatchObject({
      error: 'RATE_LIMITED',
      details: { policy: 'public', limit: 100, window_seconds: 60 },
    });
    expect(runs).toBe(0);
    expect(api.metrics.counts()).toEqual({ RateLimited: 1, RequestRefused: 1 });
  });

  it.each([
    ['its address', split(refused(700), PLENTY), '1'],
    ['its principal', split(PLENTY, refused(700)), '1'],
    ['both, for as long as the longer', split(refused(1_500), refused(9_100)), '10'],
    ['both, whichever comes first', split(refused(9_100), refused(1_500)), '10'],
    ['its address while the principal used its last', split(refused(4_000), { ...PLENTY, remaining: 0 }), '4'],
    ['its principal while the address used its last', split({ ...PLENTY, remaining: 0 }, refused(4_000)), '4'],
  ])('is refused for %s', async (_name, limiter, retryAfter) => {
    const response = await apiWith(limiter).send(PRIVATE);
    expect(response.statusCode).toBe(429);
    expect(response.headers['Retry-After']).toBe(retryAfter);
  });

  it('is told to wait at least a second: 0 would mean at once', async () => {
    expect((await apiWith(createFakeLimiter(() => refused(0.2))).send(PUBLIC)).headers['Retry-After']).toBe('1');
  });
});

describe('the order in which a request is judged', () => {
  const WRONG = { path: '/closed', headers: { 'If-Match': 'v3' }, query: { unknown: ['x'] } };
  const full = createFakeLimiter(() => refused(1_000));
  const idle = createFakeLimiter();

  it.each([
    ['who asks, before the quota', full, WRONG, 'UNAUTHENTICATED'],
    ['the quota, before the scope', full, { ...WRONG, scopes: 'token:read' }, 'RATE_LIMITED'],
    ['the scope, before If-Match', idle, { ...WRONG, scopes: 'token:read' }, 'FORBIDDEN'],
    ['If-Match, before the input', idle, { ...WRONG, scopes: '*' }, 'INVALID_PARAMETER'],
    ['the input', idle, { ...WRONG, headers: {}, scopes: '*' }, 'UNKNOWN_FIELD'],
  ])('is %s', async (_name, limiter, request, code) => {
    expect(problemOf(await apiWith(limiter).send(request)).error).toBe(code);
  });

  it('makes trying out routes without their scope cost quota, and the refusal tells how much is left', async () => {
    const limiter = createFakeLimiter();
    const response = await apiWith(limiter).send({ ...PRIVATE, scopes: 'token:read' });
    expect(response.statusCode).toBe(403);
    expect(response.headers['RateLimit']).toBe('"sensitive";r=99;t=1');
    expect(limiter.asked.map(({ key }) => key)).toEqual([
      'RATE#sensitive#address#198.51.100.9',
      'RATE#sensitive#principal#key_7',
    ]);
  });
});

describe('a limiter that fails', () => {
  it.each([
    ['for addresses', split(new Error('no table'), PLENTY)],
    ['for principals', split(PLENTY, new Error('no table'))],
    ['for both', split(new Error('no table'), new Error('no table'))],
  ])('%s lets the request through, and is logged and counted', async (_name, limiter) => {
    const api = apiWith(limiter);
    const response = await api.send(PRIVATE);
    expect(response.statusCode).toBe(200);
    expect(response.headers).not.toHaveProperty('RateLimit');
    expect(api.log.of('RATE_LIMITER_UNAVAILABLE')).toMatchObject([
      { error: { message: 'no table' }, principal: 'key_7' },
    ]);
    expect(api.metrics.counts()).toEqual({ RateLimiterUnavailable: 1 });
  });
});

describe('the quotas', () => {
  const schema = z.object(rateLimitConfigShape);

  it('have defaults', () => {
    const { public: open, read, write, sensitive } = ratePolicies(schema.parse({}));
    expect([open, read, write, sensitive].map(({ limit, windowMs }) => [limit, windowMs])).toEqual([
      [120, 60_000],
      [1_200, 60_000],
      [600, 60_000],
      [60, 60_000],
    ]);
  });

  it('come from the environment', () => {
    expect(ratePolicies(schema.parse({ RATE_LIMIT_READ_PER_MINUTE: '7' })).read).toEqual({
      name: 'read',
      limit: 7,
      windowMs: 60_000,
    });
  });

  it.each(['0', '-1', '1.5', 'many', '1000001'])('cannot be %j', (value) => {
    expect(schema.safeParse({ RATE_LIMIT_READ_PER_MINUTE: value }).success).toBe(false);
  });
});
