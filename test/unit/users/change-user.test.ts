import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { changeUser } from '#shared/users/change-user.ts';
import { createUserStore } from '#shared/users/user-store.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRedemptionDesk, nthId, storedUser } from '#test/support/fakes/redemption-desk.ts';

const ID = nthId('usr', 1);

/** A user before tables in memory. */
function changing(user = storedUser({ kyc_status: 'none' })) {
  const { deps, dynamo, aws } = createRedemptionDesk(user);
  const users = createUserStore(deps.client, 'ledger');
  const log = createRecordingLog();
  const change = (wanted: Parameters<typeof changeUser>[2], ifMatchVersion?: number) =>
    changeUser({ ...deps, users }, ID, wanted, idempotentContext({ ifMatchVersion, log: log.log }));
  return { deps, users, dynamo, aws, log, change };
}

describe('changing a user', () => {
  it('moves the KYC status, raises the version, and can be found under the new status only', async () => {
    const { change, users } = changing();
    expect(await change({ kyc_status: 'verified' })).toMatchObject({ kyc_status: 'verified', version: 2 });
    const ids = async (kycStatus: 'none' | 'verified') =>
      (await users.list({ kycStatus }, undefined, 5)).rows.map(({ id }) => id);
    expect(await ids('verified')).toEqual([ID]);
    expect(await ids('none')).toEqual([]);
  });

  it('appends to the audit stream of the user, which verifies and never says the e-mail address', async () => {
    const { change, users, deps, dynamo, log } = changing();
    await change({ email: 'grace@example.com' });
    await change({ kyc_status: 'pending' });
    await change({ kyc_status: 'verified', email: null });
    const entries = await createAuditStore(deps.client, 'audit').stored(ID);
    expect(entries).toMatchObject([
      { seq: 1, action: 'user.changed', detail: { email_changed: true } },
      { seq: 2, action: 'user.kyc_pending', detail: { from: 'none', to: 'pending', email_changed: false } },
      { seq: 3, action: 'user.kyc_verified', detail: { from: 'pending', to: 'verified', email_changed: true } },
    ]);
    expect(firstBreak(ID, entries, await users.get(ID))).toBeNull();
    expect(JSON.stringify(dynamo.items('audit')) + log.everything()).not.toMatch(/grace|ada/);
  });

  it('refuses a KYC status that can not follow, and changes nothing else of the request either', async () => {
    const { change, users } = changing(storedUser({ kyc_status: 'rejected' }));
    const error = await caughtLater(HavenError, () => change({ kyc_status: 'verified', email: null }));
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { from: 'rejected', to: 'verified' } });
    expect(await users.get(ID)).toMatchObject({ version: 1, email: 'ada@example.com' });
  });

  it.each([
    ['nothing', {}],
    ['the status that it has', { kyc_status: 'none' as const }],
    ['the e-mail address that it has', { email: 'ada@example.com' }],
  ])('to %s writes nothing', async (_name, wanted) => {
    const { change, aws } = changing();
    expect(await change(wanted)).toMatchObject({ version: 1 });
    expect(aws.requests.filter(({ operation }) => operation === 'TransactWriteItems')).toEqual([]);
  });

  it('honours If-Match', async () => {
    const { change } = changing();
    const error = await caughtLater(HavenError, () => change({ kyc_status: 'pending' }, 2));
    expect(error).toMatchObject({ code: 'VERSION_MISMATCH', details: { version: 1 } });
    expect(await change({ kyc_status: 'pending' }, 1)).toMatchObject({ version: 2 });
  });

  it('is WRITE_CONFLICT when another change came between', async () => {
    const { deps, users, change } = changing();
    const stale = await users.get(ID);
    await change({ kyc_status: 'pending' });
    const error = await caughtLater(HavenError, () =>
      changeUser({ ...deps, users: { get: async () => stale } }, ID, { kyc_status: 'verified' }, idempotentContext()),
    );
    expect(error.code).toBe('WRITE_CONFLICT');
    expect(await users.get(ID)).toMatchObject({ kyc_status: 'pending', version: 2 });
  });

  it('is USER_NOT_FOUND when there is none', async () => {
    const { deps, users } = changing();
    const ask = () => changeUser({ ...deps, users }, nthId('usr', 9), {}, idempotentContext());
    expect((await caughtLater(HavenError, ask)).code).toBe('USER_NOT_FOUND');
  });
});
