import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { bindPublic } from '#shared/platform/http/bound-route.ts';
import { SECURITY_HEADERS } from '#shared/platform/http/headers.ts';
import { defineRoute } from '#shared/platform/http/route.ts';
import { TEST_REQUEST_ID } from '#test/support/fakes/api-request.ts';
import { createFakeLimiter } from '#test/support/fakes/fake-limiter.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';
import { createTestApi, problemOf, type TestApi } from '#test/support/fakes/test-api.ts';

/** An API whose one route answers as its use case says, through a schema of its own. */
function apiOf<S extends z.ZodType>(response: S, answer: () => Promise<z.input<S>>, contentType?: string): TestApi {
  const declared = defineRoute({ ...PLAIN_ROUTE, response, ...(contentType === undefined ? {} : { contentType }) });
  return createTestApi([bindPublic('getThing', declared, answer)]);
}

const GET = { path: '/things' };
const bodyOf = async (api: TestApi): Promise<unknown> => JSON.parse((await api.send(GET)).body);

describe('what leaves', () => {
  /** As a store might give it: more than the view declares. */
  const stored = {
    id: 't1',
    secret_hash: 'hush',
    inner: { shown: 'yes', hidden: 'hush' },
    list: [{ a: 1, b: 'hush' }],
  };

  it('is what the route declares: other fields stay, at every depth', async () => {
    const view = z.object({
      id: z.string(),
      inner: z.object({ shown: z.string() }),
      list: z.array(z.object({ a: z.number() })),
    });
    expect(await bodyOf(apiOf(view, async () => stored))).toEqual({
      id: 't1',
      inner: { shown: 'yes' },
      list: [{ a: 1 }],
    });
  });

  it.each([
    ['misses a field', {}],
    ['has a field of another type', { id: 7 }],
    ['is null', null],
    ['is nothing', undefined],
  ])('is a 500 when the answer %s: logged as undeclared, and not a word of it leaves', async (_name, answer) => {
    const schema = z.unknown().pipe(z.object({ id: z.string() }));
    const api = apiOf(schema, async () => answer);
    const response = await api.send(GET);
    expect(response.statusCode).toBe(500);
    expect(problemOf(response)).toMatchObject({ error: 'INTERNAL', details: {} });
    expect(response.body).not.toMatch(/expected string|getThing/);
    expect(api.log.of('RESPONSE_UNDECLARED')).toHaveLength(1);
    expect(api.log.of('REQUEST_FAILED')).toHaveLength(0);
    expect(api.metrics.counts()).toEqual({ RequestFailed: 1 });
  });

  it('is not JSON where the route says so', async () => {
    const response = await apiOf(z.string(), async () => '<!doctype html>', 'text/html; charset=utf-8').send(GET);
    expect(response.body).toBe('<!doctype html>');
    expect(response.headers['Content-Type']).toBe('text/html; charset=utf-8');
  });
});

describe('the ETag', () => {
  it('is the version of what has one', async () => {
    const api = apiOf(z.object({ version: z.number() }), async () => ({ version: 3 }));
    expect((await api.send(GET)).headers['ETag']).toBe('"v3"');
  });

  it.each([
    ['no version', z.object({}), {}],
    ['a version that is no whole number', z.object({ version: z.number() }), { version: 1.5 }],
    ['a version that is a text', z.object({ version: z.string() }), { version: '3' }],
    ['a list', z.array(z.number()), [1]],
  ])('is absent with %s', async (_name, schema, answer) => {
    const api = apiOf(z.unknown().pipe(schema), async () => answer);
    const response = await api.send(GET);
    expect(response.statusCode).toBe(200);
    expect(response.headers).not.toHaveProperty('ETag');
  });
});

describe('every answer', () => {
  const fine = apiOf(z.object({}), async () => ({}));
  const refusing = apiOf(z.object({}), async () => {
    throw new HavenError('OUT_OF_STOCK', 'none left');
  });
  const failing = apiOf(z.object({}), async () => {
    throw new Error('no');
  });
  const limited = createTestApi(
    [bindPublic('getThing', defineRoute({ ...PLAIN_ROUTE, response: z.object({}) }), async () => ({}))],
    {
      limiter: createFakeLimiter(() => ({ allowed: false, remaining: 0, resetMs: 60_000, retryAfterMs: 500 })),
    },
  );

  it.each([
    ['of a use case', 200, () => fine.send(GET)],
    ['to a refusal', 409, () => refusing.send(GET)],
    ['to a failure', 500, () => failing.send(GET)],
    ['to a limited request', 429, () => limited.send(GET)],
    ['to an unknown route', 404, () => fine.send({ path: '/nothing' })],
  ])('%s (%i) has the security headers and the request id', async (_name, status, send) => {
    const { statusCode, headers } = await send();
    expect(statusCode).toBe(status);
    expect(headers).toMatchObject(SECURITY_HEADERS);
    expect(headers['X-Request-Id']).toBe(TEST_REQUEST_ID);
  });

  it('forbids caching, sniffing, framing and scripts', () => {
    expect(SECURITY_HEADERS).toMatchObject({
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Content-Security-Policy': expect.stringContaining("default-src 'none'"),
      'Strict-Transport-Security': expect.stringMatching(/^max-age=\d{8,}/),
    });
  });

  it('that is a page may have styles of its own, and still no scripts', async () => {
    const page = apiOf(z.string(), async () => '<p>', 'text/html; charset=utf-8');
    const policy = (await page.send(GET)).headers['Content-Security-Policy'];
    expect(policy).toMatch(/default-src 'none'; style-src 'unsafe-inline'/);
    expect(policy).not.toContain('script-src');
  });

  it('is logged in one line with its status and duration', async () => {
    const api: TestApi = apiOf(z.object({}), async () => {
      api.clock.advance(42);
      return {};
    });
    await api.send(GET);
    await api.send({ path: '/nothing' });
    expect(api.log.of('REQUEST_COMPLETED')).toMatchObject([
      { request_id: TEST_REQUEST_ID, method: 'GET', resource: '/v1/things', status: 200, duration_ms: 42 },
      { request_id: TEST_REQUEST_ID, resource: '/v1/nothing', status: 404, duration_ms: 0 },
    ]);
  });
});
