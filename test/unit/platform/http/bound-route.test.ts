import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bind, bindIdempotent, bindPublic, UndeclaredResponse } from '#shared/platform/http/bound-route.ts';
import { defineRoute } from '#shared/platform/http/route.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';

const route = defineRoute({
  ...PLAIN_ROUTE,
  method: 'POST',
  access: 'custody:write',
  idempotent: true,
  rate: 'write',
  body: z.strictObject({ name: z.string().default('unnamed') }),
  status: 201,
  response: z.object({ name: z.string() }),
});

const RAW = { params: {}, query: {}, body: {} };
const { principal: WHO, idempotency: KEY, ...CONTEXT } = idempotentContext();

describe('a use case behind a route', () => {
  it('gets the input as the schemas make it, and who asks', async () => {
    const bound = bindIdempotent('makeThing', route, async ({ body }, { principal, idempotency }) => ({
      name: `${body.name} of ${principal.id} by ${idempotency.recordKey}`,
    }));
    expect(await bound.run(RAW, CONTEXT, WHO, KEY)).toEqual({ name: `unnamed of ${WHO.id} by ${KEY.recordKey}` });
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
