import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ErrorCode } from '#shared/platform/errors/catalogue.ts';
import { commonErrors, NOTHING, type Route } from '#shared/platform/http/route.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';

const route: Route = { ...PLAIN_ROUTE, response: z.object({}) };

describe('the errors that any route can answer', () => {
  const ofBodies: readonly ErrorCode[] = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];
  const ofScopes: readonly ErrorCode[] = ['UNAUTHENTICATED', 'FORBIDDEN'];

  it('include those of the input, of the limiter and of faults, whatever the route', () => {
    expect(commonErrors(route)).toEqual(expect.arrayContaining(['INVALID_PARAMETER', 'RATE_LIMITED', 'INTERNAL']));
  });

  it('include UNKNOWN_FIELD whatever the route: an unknown filter of a list is refused too', () => {
    expect(commonErrors(route)).toContain('UNKNOWN_FIELD');
  });

  it('include 401 and 403 where a scope is needed, and only there', () => {
    expect(commonErrors({ ...route, access: 'custody:read' })).toEqual(expect.arrayContaining([...ofScopes]));
    expect(ofScopes.some((code) => commonErrors(route).includes(code))).toBe(false);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('include those of a body for %s', (method) => {
    expect(commonErrors({ ...route, method })).toEqual(expect.arrayContaining([...ofBodies]));
    expect(ofBodies.some((code) => commonErrors(route).includes(code))).toBe(false);
  });

  it('include those of the Idempotency-Key where one is required', () => {
    expect(commonErrors({ ...route, method: 'POST', idempotent: true })).toEqual(
      expect.arrayContaining(['MISSING_IDEMPOTENCY_KEY', 'IDEMPOTENCY_MISMATCH', 'IDEMPOTENCY_IN_PROGRESS']),
    );
  });

  it('include those of a write where something is changed or put on record, and only there', () => {
    const ofWrites: readonly ErrorCode[] = ['WRITE_CONFLICT', 'DATABASE_ERROR'];
    for (const writing of [{ method: 'PATCH' }, { method: 'POST' }, { audited: 'access' }] as const) {
      expect(commonErrors({ ...route, ...writing })).toEqual(expect.arrayContaining([...ofWrites]));
    }
    for (const reading of [{}, { audited: 'refusals' }] as const) {
      expect(ofWrites.some((code) => commonErrors({ ...route, ...reading }).includes(code))).toBe(false);
    }
  });

  it('have a part of nothing refuse everything', () => {
    expect(NOTHING.safeParse({}).success).toBe(true);
    expect(NOTHING.safeParse({ a: 1 }).success).toBe(false);
  });
});
