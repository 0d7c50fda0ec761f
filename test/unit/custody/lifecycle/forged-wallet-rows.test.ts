import { describe, expect, it } from 'vitest';
import { custodyKey, requireStanding } from '#shared/custody/custody-state.ts';
import { kmsKeyIntentKey, recordKeyOf, rotationRecordKey } from '#shared/custody/ledger-keys.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { walletSchema } from '#shared/custody/wallet.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TEST_RECIPIENT } from '#test/support/fakes/ledger-transactions.ts';
import { createLifecycleDesk } from '#test/support/fakes/lifecycle-desk.ts';
import { storedPolicy } from '#test/support/fakes/policies.ts';

const DAY_MS = 86_400_000;

/** A desk with a wallet whose row anyone who makes wallets may put again; its key state they may not write. */
async function deskWithWallet(custody: 'envelope' | 'kms' = 'envelope') {
  const desk = createLifecycleDesk();
  const { id } = await desk.createWallet({ custody });
  const forge = (row: Readonly<Record<string, unknown>>) =>
    desk.dynamo.put('ledger', { ...desk.row(id, 'WALLET'), ...row });
  const conflict = async (asked: Promise<{ status: number; json: Record<string, unknown> }>) => {
    const { status, json } = await asked;
    return [status, json['error']];
  };
  return { desk, id, forge, conflict };
}

describe('a wallet that was revoked, whose row was put again as active', () => {
  it('is not rotated, so that it would sign again; an alert says why', async () => {
    const { desk, id, forge, conflict } = await deskWithWallet();
    await desk.revoke(id);
    forge({ status: 'active' });
    expect(await conflict(desk.rotate(id))).toEqual([409, 'INVALID_TRANSITION']);
    expect(desk.row(id, 'CUSTODY')).toMatchObject({ status: 'revoked' });
    expect(desk.alerts().at(-1)).toMatchObject({
      severity: 'CRITICAL',
      details: { wallet_id: id, row: { status: 'active' }, key_state: { status: 'revoked' } },
    });
  });

  it('takes on nothing, and is not swept', async () => {
    const { desk, id, forge, conflict } = await deskWithWallet();
    await desk.revoke(id);
    for (const status of ['active', 'rotated']) {
      forge({ status, paused: false });
      await expect(desk.open().wallets.usable(id)).rejects.toMatchObject({ code: 'WALLET_REVOKED' });
      expect(await conflict(desk.sweep(id))).toEqual([409, 'INVALID_TRANSITION']);
    }
  });

  it('is revoked again only to put its row right: the key state and its date stay', async () => {
    const { desk, id, forge } = await deskWithWallet();
    await desk.revoke(id);
    const before = desk.row(id, 'CUSTODY');
    desk.clock.advance(DAY_MS);
    forge({ status: 'active', revoked_at: undefined, successor_id: 'wal_forged', gsi2pk: 'WALLETS#treasury#active' });
    const { status, json } = await desk.revoke(id);
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'revoked', revoked_at: isoTime(TEST_NOW_MS) });
    expect(desk.row(id, 'WALLET')).toMatchObject({ status: 'revoked', gsi2pk: 'WALLETS#treasury#revoked' });
    expect(desk.row(id, 'WALLET')).not.toHaveProperty('successor_id');
    const { audit_seq: _seq, audit_hash: _hash, ...state } = { ...desk.row(id, 'CUSTODY') };
    expect(before).toMatchObject(state);
    expect((await desk.entries(id)).at(-1)).toMatchObject({ action: 'wallet.repaired', severity: 'CRITICAL' });
    expect(await desk.brokenAt(id)).toBeNull();
    expect((await desk.revoke(id)).status).toBe(409);
  });
});

describe('a wallet that was rotated, whose row was put again as active', () => {
  it('takes on nothing new, and names the successor of its key state', async () => {
    const { desk, id, forge } = await deskWithWallet();
    await desk.rotate(id);
    const successor = desk.row(id, 'CUSTODY')?.['successor_id'];
    for (const row of [{ status: 'active' }, { status: 'rotated', successor_id: 'wal_forged' }]) {
      forge(row);
      await expect(desk.open().wallets.usable(id)).rejects.toMatchObject({
        code: 'WALLET_ROTATED',
        details: { successor_id: successor },
      });
    }
  });

  it('is not rotated once more', async () => {
    const { desk, id, forge, conflict } = await deskWithWallet();
    await desk.rotate(id);
    const before = desk.row(id, 'CUSTODY');
    forge({ status: 'active', successor_id: undefined });
    expect(await conflict(desk.rotate(id))).toEqual([409, 'INVALID_TRANSITION']);
    expect(desk.row(id, 'CUSTODY')).toEqual(before);
  });
});

describe.each(['revoked', 'rotated'])('an active wallet, whose row was put again as %s', (status) => {
  it.each([true, false])('is revoked all the same, its key used before: %j; the row says so then', async (used) => {
    const { desk, id, forge } = await deskWithWallet();
    if (used) desk.dynamo.put('ledger', { ...custodyKey(id), ...(await desk.wallets.custodyState(id)) });
    forge({ status, revoked_at: isoTime(0), successor_id: 'wal_forged', rotated_at: isoTime(0) });
    const { status: answered, json } = await desk.revoke(id);
    expect([answered, json['status'], json['revoked_at']]).toEqual([200, 'revoked', isoTime(TEST_NOW_MS)]);
    expect(json).not.toHaveProperty('successor_id');
    expect(desk.row(id, 'CUSTODY')).toMatchObject({ status: 'revoked', revoked_at: isoTime(TEST_NOW_MS) });
    expect(desk.row(id, 'WALLET')).toMatchObject({ status: 'revoked', revoked_at: isoTime(TEST_NOW_MS) });
    for (const name of ['successor_id', 'rotated_at']) expect(desk.row(id, 'WALLET')).not.toHaveProperty(name);
    expect(desk.alerts().at(-1)).toMatchObject({ details: { row: { status }, key_state: { status: 'active' } } });
  });

  it('is still to be used, and not rotated until somebody has looked', async () => {
    const { desk, id, forge, conflict } = await deskWithWallet();
    forge({ status });
    expect(await desk.open().wallets.usable(id)).toMatchObject({ id });
    expect(await conflict(desk.rotate(id))).toEqual([409, 'INVALID_TRANSITION']);
    expect(desk.alerts()).toMatchObject([{ severity: 'CRITICAL' }]);
    expect(await conflict(desk.sweep(id))).toEqual([409, 'INVALID_TRANSITION']);
  });
});

describe('a wallet whose row was put again as none that can be read', () => {
  it('is revoked by its key state all the same, and the answer says that the row is to be put right', async () => {
    const { desk, id, forge, conflict } = await deskWithWallet();
    await desk.rotate(id);
    const good = desk.row(id, 'WALLET');
    forge({ status: 'unknown', version: 'x', address: 7 });
    expect(await conflict(desk.revoke(id))).toEqual([409, 'INVALID_TRANSITION']);
    expect(desk.row(id, 'CUSTODY')).toMatchObject({ status: 'revoked', revoked_at: isoTime(TEST_NOW_MS) });
    expect((await desk.entries(id)).at(-1)).toMatchObject({ action: 'wallet.revoked', detail: { from: 'rotated' } });
    expect(desk.alerts().at(-1)).toMatchObject({ severity: 'CRITICAL', details: { row: 'unreadable' } });
    const { length } = desk.alerts();
    expect(await conflict(desk.revoke(id))).toEqual([409, 'INVALID_TRANSITION']);
    expect(desk.alerts()).toHaveLength(length);
    desk.dynamo.put('ledger', { ...good });
    expect((await desk.revoke(id)).json).toMatchObject({ status: 'revoked' });
    expect(await desk.brokenAt(id)).toBeNull();
  });
});

describe('the retention of a key', () => {
  it('runs from when its key state says that it was revoked, whatever its row says', async () => {
    const { desk, id, forge } = await deskWithWallet();
    await desk.revoke(id);
    forge({ revoked_at: isoTime(TEST_NOW_MS - 365 * DAY_MS) });
    const asked = await desk.ask('/admin/wallets/{id}/destruction', id, { reason: 'gone' }, { who: 'key_one' });
    const request = String(asked.json['id']);
    const approved = await desk.ask('/admin/destructions/{id}/approve', request, undefined, { who: 'key_two' });
    expect(approved.json).toMatchObject({ status: 'approved', due_at: isoTime(TEST_NOW_MS + 30 * DAY_MS) });
    const [row] = desk.items('approvals');
    desk.dynamo.put('approvals', { ...row, use_from: isoTime(TEST_NOW_MS), gsi2sk: isoTime(TEST_NOW_MS) });
    desk.clock.advance(DAY_MS);
    await desk.destroy();
    expect(desk.metrics.counts()).toMatchObject({ KeyDestructionFailed: 1 });
    expect(desk.items('keys')).toHaveLength(1);
  });

  it('has passed for a wallet whose row says that it is active', async () => {
    const { desk, id, forge } = await deskWithWallet();
    await desk.revoke(id);
    forge({ status: 'active', revoked_at: undefined });
    const asked = await desk.ask('/admin/wallets/{id}/destruction', id, { reason: 'gone' }, { who: 'key_one' });
    expect(asked.status).toBe(201);
    await desk.ask('/admin/destructions/{id}/approve', String(asked.json['id']), undefined, { who: 'key_two' });
    desk.clock.advance(31 * DAY_MS);
    await desk.destroy();
    expect(desk.items('keys')).toEqual([]);
  });

  it('is none of a wallet of which only the row says that it was revoked', async () => {
    const { desk, id, forge, conflict } = await deskWithWallet();
    forge({ status: 'revoked', revoked_at: isoTime(0) });
    const asked = desk.ask('/admin/wallets/{id}/destruction', id, { reason: 'gone' });
    expect(await conflict(asked)).toEqual([409, 'INVALID_TRANSITION']);
  });
});

describe('what goes to a wallet by Haven itself', () => {
  it.each([
    ['active', 'done'],
    ['rotated', 'done'],
    ['revoked', 'refused'],
  ])('is held against its key state: %s, %s', async (status, expected) => {
    const { desk, id, forge } = await deskWithWallet();
    if (status === 'rotated') await desk.rotate(id);
    if (status === 'revoked') await desk.revoke(id);
    forge({ status: status === 'revoked' ? 'active' : 'revoked' });
    const write = new WriteTransaction();
    requireStanding(write, 'ledger', id, 'not_revoked', () => new Error('refused'));
    const outcome = await write.commit(desk.client, Deadline.in(1_000, desk.clock.now)).then(
      () => 'done',
      () => 'refused',
    );
    expect(outcome).toBe(expected);
  });
});

describe('the key of a rotation', () => {
  it('is not one that who makes wallets put there before', async () => {
    const { desk, id } = await deskWithWallet('kms');
    const planted = await desk.signingKms.maker.create('wal_01JD8Q4X7M5N2V9C3R6T0W1YZB');
    desk.dynamo.put('ledger', {
      ...{ pk: `KMS_KEY#ROTATION#${id}`, sk: 'INTENT', wallet_id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZB' },
      ...{ kms_key_arn: planted, status: 'open', asked_at: isoTime(TEST_NOW_MS), version: 1 },
    });
    const { status, json } = await desk.rotate(id);
    expect(status).toBe(201);
    expect(json['successor']).not.toMatchObject({ id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZB' });
    expect(desk.items('keys').map(({ kms_key_arn }) => kms_key_arn)).not.toContain(planted);
  });

  it('comes with a policy that names the address of the successor', async () => {
    const { desk, id } = await deskWithWallet();
    desk.dynamo.put('ledger', { ...policyKey(id), ...storedPolicy(), wallet_id: id, address: TEST_RECIPIENT });
    const { json } = await desk.rotate(id);
    const { id: successorId, address } = walletSchema.parse(json['successor']);
    expect(desk.row(successorId, 'POLICY')).toMatchObject({ wallet_id: successorId, address });
  });

  it('is kept under a name of its own, which leads back to the rotation', () => {
    const record = rotationRecordKey('wal_1');
    expect(kmsKeyIntentKey(record)).toEqual({ pk: 'KMS_ROTATION#wal_1', sk: 'INTENT' });
    for (const key of [record, 'IDEMPOTENCY#key_1#route#k']) expect(recordKeyOf(kmsKeyIntentKey(key).pk)).toBe(key);
  });
});
