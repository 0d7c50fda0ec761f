import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/authorizer/handler.ts';
import { formatToken } from '#shared/access/api-key-token.ts';
import { type Denial, denied } from '#shared/access/denials.ts';
import { isLockedOut, type Lockout, securityStream } from '#shared/access/lockout.ts';
import type { LockoutStore } from '#shared/access/lockout-store.ts';
import type { VerifyToken } from '#shared/access/oidc/verify-token.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_PEPPER, TEST_SECRET } from '#test/support/fakes/api-keys.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createLockoutDesk, TEST_LOCKOUT_POLICY } from '#test/support/fakes/lockout-desk.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';

const HERE = '203.0.113.7';
const KEY_ID = `key_${TEST_KEY_ULID}`;
const KEY = formatToken({ mode: 'test', ulid: TEST_KEY_ULID, secret: TEST_SECRET });
const JWT = 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln';
const OPERATOR_ID = 'oidc:0123456789ab:alice';
const ELSEWHERE = storedApiKey({ allowed_addresses: ['198.51.100.0/24'] });

/** An authorizer before tables in memory, whose one key is good at another address only. */
function authorizing(given: { verifyToken?: VerifyToken; faults?: Partial<LockoutStore> } = {}) {
  const desk = createLockoutDesk([ELSEWHERE]);
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const handler = createHandler({
    keys: { noteUse: async () => undefined },
    lockouts: { ...desk.store(), ...given.faults },
    policy: TEST_LOCKOUT_POLICY,
    readPepper: async () => TEST_PEPPER,
    verifyToken: given.verifyToken,
    clock: desk.clock.now,
    log: log.log,
    metrics: metrics.metrics,
  });
  const ask = (credentials = KEY, sourceIp = HERE) =>
    handler({
      methodArn: 'arn:aws:execute-api:eu-central-1:000000000000:abc123/prod/GET/api/v1/admin/wallets',
      headers: { Authorization: `Bearer ${credentials}` },
      requestContext: { requestId: 'request-1', identity: { sourceIp } },
    });
  const entries = (address = HERE) => desk.audit.entries(securityStream(address));
  return { ask, desk, log, metrics, entries };
}

const denial = (principalId: string): Denial => ({
  ...{ address: HERE, sourceAddress: HERE, principalId, why: 'no_role' as const, requestId: 'request-1' },
});
const effectOf = ({ policyDocument }: Awaited<ReturnType<ReturnType<typeof authorizing>['ask']>>) =>
  policyDocument.Statement.map(({ Effect }) => Effect);

describe('a denial is on the audit stream of its address', () => {
  it('of a good key at a wrong address', async () => {
    const { ask, entries, desk } = authorizing();
    expect(effectOf(await ask())).toEqual(['Deny']);
    expect(await entries()).toMatchObject([
      {
        action: 'access.refused',
        actor: KEY_ID,
        severity: 'WARNING',
        request_id: 'request-1',
        reason: 'address_refused',
        detail: { source_address: HERE },
      },
    ]);
    expect(firstBreak(securityStream(HERE), await entries(), await desk.head(HERE))).toBeNull();
  });

  it.each(['no_role', 'address_refused'] as const)('of a valid token: %s', async (kind) => {
    const { ask, entries } = authorizing({ verifyToken: async () => ({ kind, principalId: OPERATOR_ID }) });
    expect(effectOf(await ask(JWT))).toEqual(['Deny']);
    expect(await entries()).toMatchObject([{ action: 'access.refused', actor: OPERATOR_ID, reason: kind }]);
  });

  it('under its network, of an IPv6 address, and names that itself', async () => {
    const { ask, entries } = authorizing();
    await ask(KEY, '2001:db8:0:1::5');
    expect(await entries('2001:db8:0:1::/64')).toMatchObject([{ detail: { source_address: '2001:db8:0:1::5' } }]);
  });

  it('once within a window for each principal and address', async () => {
    const { ask, entries, desk } = authorizing();
    for (let index = 0; index < 3; index += 1) await ask();
    expect(await entries()).toHaveLength(1);
    await ask(KEY, '203.0.113.8');
    expect(await entries('203.0.113.8')).toHaveLength(1);
    await desk.store().recordDenial(denial('key_other'));
    expect(await entries()).toHaveLength(2);
    desk.clock.advance(TEST_LOCKOUT_POLICY.windowMs);
    await ask();
    expect(await entries()).toHaveLength(3);
  });

  it('once, of many at a time, each by an instance of its own; and of several principals none is lost', async () => {
    const { desk, entries } = authorizing();
    const ids = ['key_a', 'key_a', 'key_b', 'key_a', 'key_c', 'key_b'];
    await Promise.all(ids.map((id) => desk.store().recordDenial(denial(id))));
    expect((await entries()).map(({ actor }) => actor).sort()).toEqual(['key_a', 'key_b', 'key_c']);
    expect(firstBreak(securityStream(HERE), await entries(), await desk.head(HERE))).toBeNull();
  });

  it('beside lockouts there: neither ends nor hides the other', async () => {
    const { desk, entries } = authorizing();
    const store = desk.store();
    await store.lock({ address: HERE, keyId: KEY_ID }, 'request-1');
    await store.recordDenial(denial('key_a'));
    expect(isLockedOut(await store.find(HERE), KEY_ID, desk.clock.now())).toBe(true);
    await store.lock({ address: HERE }, 'request-2');
    await store.recordDenial(denial('key_a'));
    expect((await entries()).map(({ action }) => action)).toEqual([
      'lockout.api_key',
      'access.refused',
      'lockout.address',
    ]);
    expect(firstBreak(securityStream(HERE), await entries(), await desk.head(HERE))).toBeNull();
  });

  it('of so many principals only so many are remembered: the row of an address stays small', () => {
    let row: Lockout | undefined;
    for (let index = 0; index < 205; index += 1) {
      const nowMs = TEST_NOW_MS + index;
      row = { audit_seq: 1, audit_hash: 'h', ...denied(row, denial(`key_${index}`), TEST_LOCKOUT_POLICY, nowMs) };
    }
    const remembered = Object.keys(row?.denied ?? {});
    expect(remembered).toHaveLength(200);
    expect([remembered.includes('key_4'), remembered.includes('key_5'), remembered.includes('key_204')]).toEqual([
      ...[false, true, true],
    ]);
  });
});

describe('a denial that can’t be put on record', () => {
  it('is one all the same, logged and counted', async () => {
    const faults = { recordDenial: () => Promise.reject(new Error('throttled')) };
    const { ask, log, metrics } = authorizing({ faults });
    expect(effectOf(await ask())).toEqual(['Deny']);
    expect(log.of('REFUSAL_NOT_RECORDED')).toMatchObject([{ principal: KEY_ID, source_address: HERE }]);
    expect(metrics.counts()).toEqual({ AuthenticationRefused: 1, RefusalNotRecorded: 1 });
  });
});

it('a good key where it may be used puts nothing there, and costs no more calls', async () => {
  const { ask, desk, entries } = authorizing();
  expect(effectOf(await ask(KEY, '198.51.100.9'))).toEqual(['Allow']);
  expect(desk.aws.requests.map(({ operation }) => operation)).toEqual(['BatchGetItem']);
  expect(await entries('198.51.100.9')).toEqual([]);
});
