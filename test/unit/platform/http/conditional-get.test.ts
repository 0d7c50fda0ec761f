import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { bindPublic } from '#shared/platform/http/bound-route.ts';
import { namesEtag } from '#shared/platform/http/conditional-get.ts';
import { defineRoute } from '#shared/platform/http/route.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';
import { createTestApi } from '#test/support/fakes/test-api.ts';

const thing = z.object({ version: z.number(), of: z.string() });

/** A route of one thing, which is revalidated and may be kept as its declaration says. */
function apiOf(declared: { readonly revalidates?: true; readonly cacheSeconds?: number }, fails = false) {
  const route = defineRoute({ ...PLAIN_ROUTE, ...declared, response: thing, errors: ['OUT_OF_STOCK'] });
  return createTestApi([
    bindPublic('getThing', route, async () => {
      if (fails) throw new HavenError('OUT_OF_STOCK', 'none left');
      return { version: 3, of: 'it' };
    }),
  ]);
}

const asking = (header?: string) => ({
  path: '/things',
  ...(header === undefined ? {} : { headers: { 'if-none-match': header } }),
});

describe('If-None-Match', () => {
  it.each([
    ['the tag', '"v3"'],
    ['the tag, weakly', 'W/"v3"'],
    ['it among others', '"v1", W/"v2" ,"v3"'],
    ['anything', '*'],
  ])('that names %s is 304: the headers, and nothing of the body', async (_name, header) => {
    const { statusCode, headers, body } = await apiOf({ revalidates: true, cacheSeconds: 5 }).send(asking(header));
    expect([statusCode, body]).toEqual([304, '']);
    expect(headers).toMatchObject({ ETag: '"v3"', 'Cache-Control': 'private, max-age=5', 'X-Request-Id': 'request-1' });
    expect(headers).not.toHaveProperty('Content-Type');
    expect(headers).toHaveProperty('RateLimit');
  });

  it.each([
    ['an older version', '"v2"'],
    ['a version of which this one is a part', '"v33"'],
    ['no quoted tag', 'v3'],
    ['nothing', ''],
    ['an endless list of none', '"'.repeat(5_000)],
  ])('that names %s gets the whole answer', async (_name, header) => {
    const { statusCode, body } = await apiOf({ revalidates: true }).send(asking(header));
    expect([statusCode, JSON.parse(body)]).toEqual([200, { version: 3, of: 'it' }]);
  });

  it('is not honoured where an answer changes without its version', async () => {
    expect((await apiOf({}).send(asking('"v3"'))).statusCode).toBe(200);
  });

  it('never hides a refusal', async () => {
    const { statusCode, headers } = await apiOf({ revalidates: true, cacheSeconds: 5 }, true).send(asking('*'));
    expect([statusCode, headers['Cache-Control']]).toEqual([409, 'no-store']);
  });

  it('names nothing of an answer that has no tag', () => {
    expect(namesEtag('*', undefined)).toBe(false);
  });
});

describe('Cache-Control', () => {
  it('is no-store unless the route says how long an answer may be kept', async () => {
    expect((await apiOf({ revalidates: true }).send(asking())).headers['Cache-Control']).toBe('no-store');
    expect((await apiOf({ cacheSeconds: 7 }).send(asking())).headers['Cache-Control']).toBe('private, max-age=7');
  });
});
