import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { commonErrors, NOTHING, type Route } from '#shared/platform/http/route.ts';

const route: Route = {
  method: 'GET',
  path: '/things',
  summary: 'List things',
  tag: 'things',
  access: 'public',
  idempotent: false,
  rate: 'public',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: z.object({}),
  errors: [],
};

describe('the errors that any route can answer', () => {
  const always = ['INVALID_PARAMETER', 'RATE_LIMITED', 'INTERNAL'];

  it('are the same for every public read', () => {
    expect(commonErrors(route)).toEqual(always);
  });

  it('include 401 and 403 where a scope is needed', () => {
    expect(commonErrors({ ...route, access: 'custody:read' })).toEqual([...always, 'UNAUTHENTICATED', 'FORBIDDEN']);
  });

  it('include those of a body where there can be one', () => {
    const ofBodies = ['UNKNOWN_FIELD', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      expect(commonErrors({ ...route, method })).toEqual([...always, ...ofBodies]);
    }
  });

  it('include UNKNOWN_FIELD for reads too: an unknown filter is 400', () => {
    expect(commonErrors({ ...route, query: z.strictObject({ limit: z.string() }) })).toContain('UNKNOWN_FIELD');
  });

  it('include those of the Idempotency-Key where one is required', () => {
    expect(commonErrors({ ...route, method: 'POST', idempotent: true })).toEqual(
      expect.arrayContaining(['MISSING_IDEMPOTENCY_KEY', 'IDEMPOTENCY_MISMATCH', 'WRITE_CONFLICT']),
    );
  });

  it('have a part of nothing refuse everything', () => {
    expect(NOTHING.safeParse({}).success).toBe(true);
    expect(NOTHING.safeParse({ a: 1 }).success).toBe(false);
  });
});
