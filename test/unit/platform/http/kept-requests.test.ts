import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { bind } from '#shared/platform/http/bound-route.ts';
import { defineRoute } from '#shared/platform/http/route.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';
import { createTestApi } from '#test/support/fakes/test-api.ts';

const WALLET = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const route = defineRoute({
  ...PLAIN_ROUTE,
  path: '/things/{id}',
  access: 'custody:read',
  params: z.strictObject({ id: z.string() }),
  response: z.object({}),
});

/** What the log says of a request that fails with an error. */
async function lineOf(error: Error, request: object = {}) {
  const { send, log } = createTestApi([
    bind('thing', route, async () => {
      throw error;
    }),
  ]);
  const id = 'usr_01JD8Q4X7M5N2V9C3R6T0W1YZB';
  await send({ path: '/things/{id}', params: { id }, scopes: 'custody:read', principalId: 'key_1', ...request });
  return [...log.of('REQUEST_REFUSED'), ...log.of('REQUEST_FAILED')];
}

describe('the line of a request that came to nothing says who asked, and', () => {
  it('about which wallet a policy denied', async () => {
    const denial = new HavenError('POLICY_VIOLATION', 'no', { details: { wallet_id: WALLET } });
    expect(await lineOf(denial)).toMatchObject([
      { principal: 'key_1', subject: WALLET, kept_as: 'security:policy_denied' },
    ]);
  });

  it('which id is not there', async () => {
    expect(await lineOf(new HavenError('USER_NOT_FOUND', 'no'))).toMatchObject([
      { principal: 'key_1', subject: 'usr_01JD8Q4X7M5N2V9C3R6T0W1YZB', kept_as: 'security:unknown_id' },
    ]);
  });

  it('nothing of an id that is none', async () => {
    const [line] = await lineOf(new HavenError('USER_NOT_FOUND', 'no'), { params: { id: '<script>' } });
    expect(line).not.toHaveProperty('subject');
  });

  it('that it is kept, when it failed', async () => {
    expect(await lineOf(new Error('a bug'))).toMatchObject([
      { principal: 'key_1', error: 'INTERNAL', kept_as: 'error', cause: { message: 'a bug' } },
    ]);
  });

  it('that it is kept, when its scope was missing', async () => {
    expect(await lineOf(new Error('never run'), { scopes: 'ops:read' })).toMatchObject([
      { principal: 'key_1', error: 'FORBIDDEN', kept_as: 'security:forbidden' },
    ]);
  });

  it('nothing of who keeps it, when a client made a mistake', async () => {
    const [line] = await lineOf(new HavenError('INVALID_PARAMETER', 'no'));
    expect(line).not.toHaveProperty('kept_as');
  });
});
