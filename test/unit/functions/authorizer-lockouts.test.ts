import { describe, expect, it } from 'vitest';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_SECRET } from '#test/support/fakes/api-keys.ts';
import { createAuthorizerDesk, tokenOf } from '#test/support/fakes/authorizer-desk.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

describe('who keeps failing', () => {
  const WRONG = `Bearer ${tokenOf('f'.repeat(64))}`;
  const RIGHT = `Bearer ${tokenOf()}`;
  const isLet = async (asking: Promise<unknown>) =>
    asking.then(
      () => true,
      () => false,
    );

  it('is locked out of that key at that address, and the right secret is refused like a wrong one', async () => {
    const { ask, log } = createAuthorizerDesk();
    for (let count = 0; count < 3; count += 1) expect(await isLet(ask(WRONG))).toBe(false);
    await expect(ask(RIGHT)).rejects.toThrow(/^Unauthorized$/);
    expect(log.of('AUTHENTICATION_LOCKED_OUT')).toHaveLength(1);
  });

  it('does not lock out the owner of the key at another address', async () => {
    const { ask } = createAuthorizerDesk();
    for (let count = 0; count < 4; count += 1) await isLet(ask(WRONG));
    expect(await isLet(ask(RIGHT, '198.51.100.1'))).toBe(true);
  });

  it('is let in again when the time is over, and attempts meanwhile do not prolong it', async () => {
    const { ask, desk } = createAuthorizerDesk();
    for (let count = 0; count < 3; count += 1) await isLet(ask(WRONG));
    desk.clock.advance(119_999);
    for (let count = 0; count < 10; count += 1) expect(await isLet(ask(RIGHT))).toBe(false);
    desk.clock.advance(1);
    expect(await isLet(ask(RIGHT))).toBe(true);
  });

  it('is locked out of everything at that address when keys are unknown, tokens bad or nothing is readable', async () => {
    const { ask } = createAuthorizerDesk({ verifyToken: async () => ({ kind: 'refused', reason: 'bad_signature' }) });
    const unknown = `Bearer ${tokenOf(TEST_SECRET, TEST_KEY_ULID.replace('Y', 'X'))}`;
    for (const bad of [unknown, 'Bearer a.b.c', 'Bearer nonsense', unknown, 'Bearer a.b.c']) await isLet(ask(bad));
    expect(await isLet(ask(RIGHT))).toBe(false);
    expect(await isLet(ask(RIGHT, '198.51.100.1'))).toBe(true);
  });

  it.each([
    ['no credentials', undefined],
    ['what is no key and no token', 'Bearer nonsense'],
    ['a token where no issuer is configured', 'Bearer a.b.c'],
  ])(
    'and shows %s while the address is locked is not counted: attempts do not prolong a lock',
    async (_name, shown) => {
      const { ask, desk, log } = createAuthorizerDesk();
      for (let count = 0; count < 5; count += 1) await isLet(ask('Bearer nonsense'));
      const before = [...desk.counts];
      for (let count = 0; count < 9; count += 1) await expect(ask(shown)).rejects.toThrow(/^Unauthorized$/);
      expect([...desk.counts]).toEqual(before);
      expect(log.of('AUTHENTICATION_LOCKED_OUT')).toHaveLength(9);
    },
  );

  it.each([
    ['an expired key', { expires_at: isoTime(TEST_NOW_MS) }],
    ['a revoked key', { revoked_at: isoTime(TEST_NOW_MS) }],
  ])('with %s is a forgotten client, not an attacker: it is not counted', async (_name, change) => {
    const { ask, desk } = createAuthorizerDesk({ key: storedApiKey(change) });
    for (let count = 0; count < 9; count += 1) await isLet(ask(RIGHT));
    expect(desk.counts.size).toBe(0);
  });

  it('makes one episode: one line, one count, one entry, however many fail at once', async () => {
    const { ask, log, metrics, desk } = createAuthorizerDesk();
    await Promise.all(Array.from({ length: 40 }, () => isLet(ask(WRONG))));
    const entries = await desk.audit.entries('security:203.0.113.7');
    // That of the address, and before it that of the key unless the address came first.
    expect(entries.at(-1)?.action).toBe('lockout.address');
    expect(new Set(entries.map(({ action }) => action)).size).toBe(entries.length);
    expect(log.of('LOCKOUT_STARTED')).toHaveLength(entries.length);
    expect(metrics.counts()).toMatchObject({ LockoutStarted: entries.length });
    expect(firstBreak('security:203.0.113.7', entries, await desk.head('203.0.113.7'))).toBeNull();
  });

  it('is refused all the same when failures cannot be counted', async () => {
    const { ask, log } = createAuthorizerDesk({ countFailure: () => Promise.reject(new Error('throttled')) });
    await expect(ask(WRONG)).rejects.toThrow(/^Unauthorized$/);
    expect(log.of('FAILURE_NOT_COUNTED')).toHaveLength(1);
  });

  it('costs a good key nothing: one read for its row and the locks together', async () => {
    const { ask, desk } = createAuthorizerDesk();
    await ask(RIGHT);
    expect(desk.aws.requests.map(({ operation }) => operation)).toEqual(['BatchGetItem']);
  });
});
