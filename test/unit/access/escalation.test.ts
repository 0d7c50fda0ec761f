import { describe, expect, it } from 'vitest';
import type { ApiKey } from '#shared/access/api-key.ts';
import { changeApiKey, issueApiKey, revokeApiKey, rotateApiKey } from '#shared/access/manage-api-keys.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { storedApiKey } from '#test/support/fakes/api-keys.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { ISSUER_ID, keyManagement, OPERATOR_ID } from '#test/support/fakes/key-management.ts';

const wanted = (scopes: readonly Scope[]) => ({ name: 'shop', scopes, allowed_addresses: [], expires_at: null });

describe('nobody gives out or touches more scopes than they have', () => {
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

/** Where a key works and until when. */
type Reach = Pick<ApiKey, 'allowed_addresses' | 'expires_at'>;

const from = (...allowed_addresses: string[]): Reach => ({ allowed_addresses, expires_at: null });
const until = (expires_at: string | null): Reach => ({ allowed_addresses: [], expires_at });

const END = isoTime(TEST_NOW_MS + 60_000);

describe('nobody makes a key that reaches further or lasts longer than their own', () => {
  const cases: readonly (readonly [string, Reach, Reach, boolean])[] = [
    ['a key for anywhere, by one from anywhere', from(), from(), true],
    ['a key for an address, by one from anywhere', from(), from('203.0.113.7'), true],
    ['its own addresses', from('203.0.113.7', '10.0.0.0/8'), from('203.0.113.7', '10.0.0.0/8'), true],
    ['some of its own addresses', from('203.0.113.7', '10.0.0.0/8'), from('10.0.0.0/8'), true],
    ['an address of its own block', from('10.0.0.0/8'), from('10.1.2.3'), true],
    ['its own address, written in another way', from('2001:db8::1'), from('2001:0DB8:0:0::0001'), true],
    ['a key for anywhere, by one from an address', from('203.0.113.7'), from(), false],
    ['an address beside its own', from('203.0.113.7'), from('203.0.113.8'), false],
    ['one address too many', from('10.0.0.0/8'), from('10.1.2.3', '203.0.113.7'), false],
    ['a block around its own', from('10.1.0.0/16'), from('10.0.0.0/8'), false],
    ['a block around its own address', from('10.1.2.3'), from('10.1.2.3/31'), false],
    ['a block that is all there is', from('10.0.0.0/8'), from('0.0.0.0/0'), false],
    ['all there is of the other family', from('0.0.0.0/0'), from('::/0'), false],
    ['all of IPv4, written as IPv6', from('10.0.0.0/8'), from('::ffff:0.0.0.0/96'), false],
    ['a key for ever, by one for ever', until(null), until(null), true],
    ['a key with an end, by one for ever', until(null), until(END), true],
    ['its own end', until(END), until(END), true],
    ['its own end, written in another way', until('2026-11-21T18:31:00Z'), until(END), true],
    ['a sooner end', until(END), until(isoTime(TEST_NOW_MS + 59_999)), true],
    ['an end a millisecond later', until(END), until(isoTime(TEST_NOW_MS + 60_001)), false],
    ['an end that only reads like a sooner one', until('2026-11-21T18:31:00Z'), until('2026-11-21T18:31:00.5Z'), false],
    ['a key for ever, by one with an end', until(END), until(null), false],
    ['any end, by one whose own cannot be read', until('soon'), until(END), false],
  ];

  it.each(cases)('issuing: %s', async (_name, issuer, asked, allowed) => {
    const { deps, context, aws } = keyManagement({ issuer });
    const run = () => issueApiKey(deps, { name: 'shop', scopes: ['token:read'], ...asked }, context);
    if (allowed) expect(await run()).toMatchObject(asked);
    else expect(await caughtLater(HavenError, run)).toMatchObject({ code: 'FORBIDDEN', status: 403 });
    expect(aws.requests).toHaveLength(allowed ? 1 : 0);
  });

  it.each(cases)('rotating a key that has %s', async (_name, issuer, has, allowed) => {
    const { deps, context, aws } = keyManagement({ stored: storedApiKey(has), issuer });
    const run = () => rotateApiKey(deps, 'key_old', 60, context);
    if (allowed) expect(await run()).toMatchObject(has);
    else expect((await caughtLater(HavenError, run)).code).toBe('FORBIDDEN');
    expect(aws.requests).toHaveLength(allowed ? 1 : 0);
  });

  it.each(cases)('changing a key to have %s', async (_name, issuer, asked, allowed) => {
    const { deps, context, aws } = keyManagement({ stored: storedApiKey(), issuer });
    const run = () => changeApiKey(deps, 'key_old', asked, context);
    if (allowed) expect(await run()).toMatchObject(asked);
    else expect((await caughtLater(HavenError, run)).code).toBe('FORBIDDEN');
    expect(aws.requests).toHaveLength(allowed ? 1 : 0);
  });

  it.each(cases)('changing something else of a key that has %s', async (_name, issuer, has, allowed) => {
    const { deps, context } = keyManagement({ stored: storedApiKey(has), issuer });
    const run = () => changeApiKey(deps, 'key_old', { name: 'other' }, context);
    if (allowed) expect((await run()).name).toBe('other');
    else expect((await caughtLater(HavenError, run)).code).toBe('FORBIDDEN');
  });

  it('is told the addresses of their own key, which they may give', async () => {
    const { deps, context } = keyManagement({ issuer: from('203.0.113.7') });
    const error = await caughtLater(HavenError, () => issueApiKey(deps, wanted(['token:read']), context));
    expect(error.details).toEqual({ allowed_addresses: ['203.0.113.7'] });
  });

  it('is judged by the key as it is stored, which costs one read', async () => {
    const stored = storedApiKey();
    const issuing = keyManagement();
    await issueApiKey(issuing.deps, wanted(['token:read']), issuing.context);
    expect(issuing.keysRead()).toEqual([ISSUER_ID]);
    const rotating = keyManagement({ stored });
    await rotateApiKey(rotating.deps, stored.id, 60, rotating.context);
    expect(rotating.keysRead()).toEqual([stored.id, ISSUER_ID]);
    const changing = keyManagement({ stored });
    await changeApiKey(changing.deps, stored.id, { name: 'x' }, changing.context);
    expect(changing.keysRead()).toEqual([stored.id, ISSUER_ID]);
  });
});

describe('an operator, who has a token and no key,', () => {
  it('issues keys with what its roles allow, in its own name', async () => {
    const { deps, context, keysRead } = keyManagement({ operator: true, scopes: ['access:write', 'token:write'] });
    expect(await issueApiKey(deps, wanted(['token:write']), context)).toMatchObject({ created_by: OPERATOR_ID });
    expect(keysRead()).toEqual([]);
    const more = await caughtLater(HavenError, () => issueApiKey(deps, wanted(['custody:write']), context));
    expect(more.code).toBe('FORBIDDEN');
  });

  it('issues none that reaches further than operators may', async () => {
    const { deps, context } = keyManagement({ operator: true, operatorAddresses: ['203.0.113.0/24'] });
    const anywhere = await caughtLater(HavenError, () => issueApiKey(deps, wanted(['*']), context));
    expect(anywhere.code).toBe('FORBIDDEN');
    const here = { ...wanted(['*']), allowed_addresses: ['203.0.113.7'] };
    expect((await issueApiKey(deps, here, context)).allowed_addresses).toEqual(['203.0.113.7']);
  });
});
