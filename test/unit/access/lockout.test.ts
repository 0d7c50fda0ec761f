import { describe, expect, it } from 'vitest';
import { addressSubject, isLockedOut, locked, securityStream } from '#shared/access/lockout.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { storedApiKey, TEST_KEY_ULID } from '#test/support/fakes/api-keys.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createLockoutDesk, TEST_LOCKOUT_POLICY } from '#test/support/fakes/lockout-desk.ts';

const HERE = '203.0.113.7';
const KEY_ID = `key_${TEST_KEY_ULID}`;
const head = { audit_seq: 1, audit_hash: 'h' };

describe('one address is', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:0:1:aaaa:bbbb:cccc:dddd', '2001:db8:0:1::/64'],
    ['2001:DB8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['test-invoke-source-ip', 'test-invoke-source-ip'],
    ['a b#c\n', 'abc'],
    ['fe80::1%eth0', 'fe80::1eth0'],
  ])('of %s: %s', (sourceAddress, subject) => {
    expect(addressSubject(sourceAddress)).toBe(subject);
  });
});

describe('who is locked out', () => {
  const lockout = { ...head, locked_until_ms: 0, keys: { [KEY_ID]: TEST_NOW_MS + 1 } };

  it.each<readonly [string, Parameters<typeof isLockedOut>[0], string | undefined, boolean]>([
    ['nobody without a lock', undefined, KEY_ID, false],
    ['a locked key', lockout, KEY_ID, true],
    ['no other key', lockout, 'key_other', false],
    ['no token, for the sake of a key', lockout, undefined, false],
    ['nobody by what every object has', lockout, 'constructor', false],
    ['nobody when the lock has ended', { ...lockout, keys: { [KEY_ID]: TEST_NOW_MS } }, KEY_ID, false],
    ['everybody at a locked address', { ...head, locked_until_ms: TEST_NOW_MS + 1, keys: {} }, undefined, true],
    ['everybody there no longer than the lock', { ...head, locked_until_ms: TEST_NOW_MS, keys: {} }, KEY_ID, false],
  ])('%s', (_name, stored, keyId, expected) => {
    expect(isLockedOut(stored, keyId, TEST_NOW_MS)).toBe(expected);
  });

  it('is not forgotten for a new lock, and locks that have ended are', () => {
    const before = { locked_until_ms: 7, keys: { ended: TEST_NOW_MS, standing: TEST_NOW_MS + 1 } };
    const untilMs = TEST_NOW_MS + 120_000;
    expect(locked(before, { address: HERE, keyId: KEY_ID }, TEST_LOCKOUT_POLICY, TEST_NOW_MS)).toEqual({
      locked_until_ms: 7,
      keys: { standing: TEST_NOW_MS + 1, [KEY_ID]: untilMs },
    });
    expect(locked(before, { address: HERE }, TEST_LOCKOUT_POLICY, TEST_NOW_MS)).toEqual({
      locked_until_ms: untilMs,
      keys: { standing: TEST_NOW_MS + 1 },
    });
  });
});

describe('locking out', () => {
  it('happens once, of many that try it at once, each from an instance of its own', async () => {
    const { store, audit, dynamo, head: headOf } = createLockoutDesk();
    const won = await Promise.all(Array.from({ length: 12 }, () => store().lock({ address: HERE }, 'request-1')));
    expect(won.filter((alert) => alert !== undefined)).toMatchObject([
      { severity: 'WARNING', category: 'security', dedupe_key: `lockout:${HERE}`, details: { source_address: HERE } },
    ]);
    expect(dynamo.items('logs')).toHaveLength(1);
    const entries = await audit.entries(securityStream(HERE));
    expect(entries).toMatchObject([
      {
        action: 'lockout.address',
        actor: 'authorizer',
        severity: 'WARNING',
        detail: { source_address: HERE, failures: 5 },
      },
    ]);
    expect(firstBreak(securityStream(HERE), entries, await headOf(HERE))).toBeNull();
  });

  it('of several keys at one address at once loses none', async () => {
    const { store, audit, head: headOf } = createLockoutDesk();
    const keyIds = ['key_a', 'key_b', 'key_c'];
    await Promise.all(keyIds.map((keyId) => store().lock({ address: HERE, keyId }, 'request-1')));
    const entries = await audit.entries(securityStream(HERE));
    expect(entries.map(({ detail }) => detail['key_id']).sort()).toEqual(keyIds);
    expect(firstBreak(securityStream(HERE), entries, await headOf(HERE))).toBeNull();
    const found = await store().find(HERE);
    for (const keyId of keyIds) expect(isLockedOut(found, keyId, TEST_NOW_MS)).toBe(true);
  });

  it('makes a new episode when the lock has ended, on the same stream', async () => {
    const { store, audit, clock, head: headOf } = createLockoutDesk();
    expect(await store().lock({ address: HERE }, 'request-1')).toBeDefined();
    clock.advance(TEST_LOCKOUT_POLICY.lockMs);
    expect(await store().lock({ address: HERE }, 'request-2')).toBeDefined();
    const entries = await audit.entries(securityStream(HERE));
    expect(firstBreak(securityStream(HERE), entries, await headOf(HERE))).toBeNull();
    expect(entries).toHaveLength(2);
  });

  it('goes on with a stream whose head was lost with the ephemeral table', async () => {
    const desk = createLockoutDesk();
    await desk.store().lock({ address: HERE }, 'request-1');
    const [entry] = await desk.audit.entries(securityStream(HERE));
    const after = createLockoutDesk();
    const { stream, ...rest } = entry ?? { stream: '' };
    after.dynamo.put('audit', { pk: stream, ...rest });
    expect(await after.store().lock({ address: HERE }, 'request-2')).toBeDefined();
    const entries = await after.audit.entries(securityStream(HERE));
    expect(firstBreak(securityStream(HERE), entries, await after.head(HERE))).toBeNull();
  });

  it('is on another stream for each address: attacks from many are no rivals', async () => {
    const { store, aws } = createLockoutDesk();
    await Promise.all(Array.from({ length: 8 }, (_, index) => store().lock({ address: `198.51.100.${index}` }, 'r')));
    expect(aws.requests.filter(({ operation }) => operation === 'TransactWriteItems')).toHaveLength(8);
  });
});

describe('counting', () => {
  it('begins anew with each window', async () => {
    const { store, clock } = createLockoutDesk();
    const lockouts = store();
    expect(await lockouts.countFailure({ address: HERE })).toBe(1);
    expect(await lockouts.countFailure({ address: HERE })).toBe(2);
    expect(await lockouts.countFailure({ address: HERE, keyId: KEY_ID })).toBe(1);
    clock.advance(TEST_LOCKOUT_POLICY.windowMs);
    expect(await lockouts.countFailure({ address: HERE })).toBe(1);
  });
});

it('a key and the locks at an address come with one call', async () => {
  const desk = createLockoutDesk([storedApiKey()]);
  await desk.store().lock({ address: HERE }, 'request-1');
  const before = desk.aws.requests.length;
  expect(await desk.store().findWithKey(HERE, KEY_ID)).toMatchObject({
    key: { id: KEY_ID },
    lockout: { audit_seq: 1 },
  });
  expect(await desk.store().findWithKey('198.51.100.1', 'key_none')).toEqual({});
  expect(desk.aws.requests.slice(before).map(({ operation }) => operation)).toEqual(['BatchGetItem', 'BatchGetItem']);
});
