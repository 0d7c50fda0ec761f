import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Deadline } from '#shared/platform/deadline.ts';
import { bind, bindIdempotent, bindPublic, UndeclaredResponse } from '#shared/platform/http/bound-route.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

const route = defineRoute({
  method: 'POST',
  path: '/things',
  summary: 'Make a thing',
  tag: 'things',
  access: 'custody:write',
  idempotent: true,
  rate: 'write',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({ name: z.string().default('unnamed') }),
  status: 201,
  response: z.object({ name: z.string() }),
  errors: [],
});

const RAW = { params: {}, query: {}, body: {} };
const CONTEXT = {
  requestId: 'request-1',
  sourceAddress: '203.0.113.7',
  deadline: Deadline.in(1_000, createFakeClock().now),
  log: createRecordingLog().log,
  ifMatchVersion: undefined,
};
const WHO = { id: 'key_1', name: 'tester', scopes: ['*' as const] };
const KEY = { recordKey: 'IDEMPOTENCY#k', fingerprint: 'f' };

describe('a use case behind a route', () => {
  it('gets the input as the schemas make it, and who asks', async () => {
    const bound = bindIdempotent('makeThing', route, async ({ body }, { principal, idempotency }) => ({
      name: `${body.name} of ${principal.id} by ${idempotency.recordKey}`,
    }));
    expect(await bound.run(RAW, CONTEXT, WHO, KEY)).toEqual({ name: 'unnamed of key_1 by IDEMPOTENCY#k' });
  });

  it('never runs without a principal where one is needed, nor without a key where one is required', async () => {
    let runs = 0;
    const useCase = async () => {
      runs += 1;
      return { name: 'x' };
    };
    await caughtLater(Error, () => bind('b', route, useCase).run(RAW, CONTEXT, undefined, undefined));
    await caughtLater(Error, () => bindIdempotent('i', route, useCase).run(RAW, CONTEXT, undefined, KEY));
    await caughtLater(Error, () => bindIdempotent('i', route, useCase).run(RAW, CONTEXT, WHO, undefined));
    expect(runs).toBe(0);
  });

  it('never runs on input that its route refuses', async () => {
    let runs = 0;
    const bound = bindPublic('makeThing', route, async () => {
      runs += 1;
      return { name: 'x' };
    });
    await caughtLater(Error, () => bound.run({ ...RAW, body: { name: 7 } }, CONTEXT, undefined, undefined));
    expect(runs).toBe(0);
  });

  it('whose answer its route does not declare has failed, with what was wrong as the cause', async () => {
    const wrong = defineRoute({ ...route, response: z.unknown().pipe(z.object({ id: z.string() })) });
    const bound = bindPublic('makeThing', wrong, async () => ({ name: 'x' }));
    const error = await caughtLater(UndeclaredResponse, () => bound.run(RAW, CONTEXT, undefined, undefined));
    expect(error.cause).toBeInstanceOf(z.ZodError);
  });
});
