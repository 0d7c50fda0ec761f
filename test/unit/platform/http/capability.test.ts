import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createCaller, toOperations } from '#shared/client/client.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { bind, bindIdempotent, type RequestContext } from '#shared/platform/http/bound-route.ts';
import { Capability, readCapability } from '#shared/platform/http/capability.ts';
import { defineRoute } from '#shared/platform/http/route.ts';
import { redact } from '#shared/platform/log/redact.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';
import { createTestApi } from '#test/support/fakes/test-api.ts';

const TOKEN = `${'a'.repeat(20)}${'B7_-'.repeat(5)}xyz`;
const OTHER = 'c'.repeat(43);

const view = z.object({ had: z.boolean() });
const holding = defineRoute({
  ...PLAIN_ROUTE,
  access: 'carts:write',
  tokenHeader: 'X-Cart-Token',
  response: view,
});
const plain = defineRoute({ ...PLAIN_ROUTE, path: '/plain', access: 'carts:write', response: view });
const making = defineRoute({
  ...holding,
  method: 'POST',
  path: '/made',
  idempotent: true,
  status: 201,
});

function api() {
  const seen: (RequestContext['capability'] | string)[] = [];
  const show = async (_input: unknown, context: RequestContext) => {
    seen.push(context.capability);
    return { had: context.capability !== undefined };
  };
  const test = createTestApi([
    bind('holding', holding, show),
    bind('plain', plain, show),
    bindIdempotent('making', making, async (_input, context) => {
      seen.push(context.idempotency.recordKey);
      throw new HavenError('CART_NOT_FOUND', 'There is no such cart', { details: { capability: context.capability } });
    }),
  ]);
  return { test, seen };
}

const ask = (headers: Readonly<Record<string, string>>, path = '/things') => ({
  path,
  scopes: 'carts:write',
  headers,
});

describe('the token of what a request is about', () => {
  it.each(['X-Cart-Token', 'x-cart-token', 'X-CART-TOKEN'])(
    'comes in the header that its route declares (%s)',
    async (name) => {
      const { test, seen } = api();
      await test.send(ask({ [name]: TOKEN }));
      const [capability] = seen;
      expect(capability instanceof Capability ? capability.reveal() : undefined).toBe(TOKEN);
    },
  );

  it('is not read on a route that declares none, nor from the header of another kind', async () => {
    const { test, seen } = api();
    await test.send(ask({ 'X-Cart-Token': TOKEN }, '/plain'));
    await test.send(ask({ 'X-Order-Token': TOKEN }));
    expect(seen).toEqual([undefined, undefined]);
  });

  it.each(['', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}!`, `${TOKEN}, ${TOKEN}`, `${'a'.repeat(42)}é`])(
    'is none when it can be none: %j',
    (header) => {
      expect(readCapability(header)).toBeUndefined();
    },
  );

  it('says nothing of itself wherever it is printed', () => {
    const capability = new Capability(TOKEN);
    const printed = [
      `${capability}`,
      String(capability),
      JSON.stringify({ capability }),
      inspect({ capability }, { depth: 9, showHidden: true }),
      JSON.stringify(redact({ capability, 'X-Cart-Token': TOKEN, text: `cart of ${TOKEN}` })),
    ];
    for (const text of printed) expect(text).not.toContain(TOKEN);
  });

  it('is in no log line and no answer of a request that failed', async () => {
    const { test } = api();
    const response = await test.send({
      ...ask({ 'X-Cart-Token': TOKEN, 'Idempotency-Key': 'k' }, '/made'),
      method: 'POST',
      body: {},
    });
    expect(response.statusCode).toBe(404);
    expect(JSON.stringify([response, test.log])).not.toContain(TOKEN);
  });

  it('is part of who asks: an answer is stored for its holder only, and under no readable token', async () => {
    const { test, seen } = api();
    for (const token of [TOKEN, OTHER, TOKEN]) {
      const headers = { 'X-Cart-Token': token, 'Idempotency-Key': 'k' };
      await test.send({ ...ask(headers, '/made'), method: 'POST', body: {} });
    }
    expect(seen[0]).toBe(seen[2]);
    expect(seen[0]).not.toBe(seen[1]);
    expect(seen.join()).not.toContain(TOKEN);
  });

  it('is sent by the typed client, on routes that declare it only', async () => {
    const sent: (string | null)[] = [];
    const caller = createCaller({
      baseUrl: 'https://haven.example/api/v1',
      apiKey: 'k',
      fetch: async (_url, init) => {
        sent.push(new Headers(init.headers).get('X-Cart-Token'));
        return Response.json({ had: true });
      },
    });
    const client = toOperations({ holding, plain }, caller);
    await client.holding({ token: TOKEN });
    await client.plain({ token: TOKEN });
    await client.holding();
    expect(sent).toEqual([TOKEN, null, null]);
  });
});
