import { describe, expect, it } from 'vitest';
import { changeApiKey, issueApiKey, revokeApiKey, rotateApiKey } from '#shared/access/manage-api-keys.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { storedApiKey } from '#test/support/fakes/api-keys.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { keyManagement } from '#test/support/fakes/key-management.ts';

const wanted = (scopes: readonly Scope[]) => ({ name: 'shop', scopes, allowed_addresses: [], expires_at: null });

describe('nobody gives out or touches more than they have', () => {
  const cases: readonly (readonly [string, readonly Scope[], readonly Scope[], boolean])[] = [
    ['everything to who has everything', ['*'], ['*'], true],
    ['a scope to who has everything', ['*'], ['token:write'], true],
    ['a scope to who has it', ['access:write', 'token:write'], ['token:write'], true],
    ['a scope to who has another', ['access:write', 'token:write'], ['custody:write'], false],
    ['one scope too many', ['access:write', 'token:write'], ['token:write', 'custody:write'], false],
    ['everything to who has a lot', ['access:write', 'access:read', 'custody:write'], ['*'], false],
    ['reading to who can only write', ['access:write', 'token:write'], ['token:read'], false],
  ];

  it.each(cases)('issuing: %s', async (_name, held, asked, allowed) => {
    const { deps, context, aws } = keyManagement({ scopes: held });
    const run = () => issueApiKey(deps, wanted(asked), context);
    if (allowed) expect((await run()).scopes).toEqual(asked);
    else expect(await caughtLater(HavenError, run)).toMatchObject({ code: 'FORBIDDEN', status: 403 });
    expect(aws.requests).toHaveLength(allowed ? 1 : 0);
  });

  it.each(cases)('rotating: %s', async (_name, held, asked, allowed) => {
    const { deps, context, aws } = keyManagement({ stored: storedApiKey({ scopes: [...asked] }), scopes: held });
    const run = () => rotateApiKey(deps, 'key_old', 60, context);
    if (allowed) expect((await run()).scopes).toEqual(asked);
    else expect((await caughtLater(HavenError, run)).code).toBe('FORBIDDEN');
    expect(aws.requests).toHaveLength(allowed ? 1 : 0);
  });

  it.each(cases)('widening by a change: %s', async (_name, held, asked, allowed) => {
    const { deps, context, aws } = keyManagement({ stored: storedApiKey({ scopes: [] }), scopes: held });
    const run = () => changeApiKey(deps, 'key_old', { scopes: asked }, context);
    if (allowed) expect((await run()).scopes).toEqual(asked);
    else expect((await caughtLater(HavenError, run)).code).toBe('FORBIDDEN');
    expect(aws.requests).toHaveLength(allowed ? 1 : 0);
  });

  it.each(cases)('changing what else such a key may do: %s', async (_name, held, has, allowed) => {
    const { deps, context } = keyManagement({ stored: storedApiKey({ scopes: [...has] }), scopes: held });
    const run = () => changeApiKey(deps, 'key_old', { allowed_addresses: [] }, context);
    if (allowed) expect((await run()).allowed_addresses).toEqual([]);
    else expect((await caughtLater(HavenError, run)).code).toBe('FORBIDDEN');
  });

  it.each(cases)('revoking: %s', async (_name, held, has, allowed) => {
    const { deps, context } = keyManagement({ stored: storedApiKey({ scopes: [...has] }), scopes: held });
    const run = () => revokeApiKey(deps, 'key_old', context);
    if (allowed) expect((await run()).revoked_at).toBe(isoTime(TEST_NOW_MS));
    else expect((await caughtLater(HavenError, run)).code).toBe('FORBIDDEN');
  });

  it('is told which scopes are missing, and no others', async () => {
    const { deps, context } = keyManagement({ scopes: ['access:write', 'token:read'] });
    const error = await caughtLater(HavenError, () =>
      issueApiKey(deps, wanted(['token:read', 'custody:write', '*']), context),
    );
    expect(error.details).toEqual({ scopes: ['custody:write', '*'] });
  });
});
