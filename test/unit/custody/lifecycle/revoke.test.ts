import { describe, expect, it } from 'vitest';
import { type AuditContent, auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { custodyKey, recordKeyUse } from '#shared/custody/custody-state.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createLifecycleDesk, OPERATOR } from '#test/support/fakes/lifecycle-desk.ts';

const REASON = 'a laptop was stolen';
const DAY_MS = 86_400_000;

describe('revoking a wallet', () => {
  it('changes the wallet and what must hold for its key to sign, on its stream and with a critical alert, at once', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const before = desk.aws.requests.length;
    const { status, json } = await desk.revoke(id);
    expect(status).toBe(200);
    expect(json).toMatchObject({ id, status: 'revoked', revoked_at: isoTime(TEST_NOW_MS), paused: false, version: 2 });
    expect(desk.row(id, 'WALLET')).toMatchObject({ status: 'revoked', gsi2pk: 'WALLETS#treasury#revoked', version: 2 });
    expect(desk.row(id, 'CUSTODY')).toMatchObject({
      status: 'revoked',
      revoked_at: isoTime(TEST_NOW_MS),
      revoked_reason: REASON,
    });
    expect(await desk.entries(id)).toMatchObject([
      { action: 'wallet.created' },
      { action: 'wallet.revoked', actor: OPERATOR, severity: 'CRITICAL', reason: REASON, detail: { from: 'active' } },
    ]);
    expect(await desk.brokenAt(id)).toBeNull();
    expect(desk.alerts()).toMatchObject([
      { severity: 'CRITICAL', category: 'key_access', details: { wallet_id: id, actor: OPERATOR, reason: REASON } },
    ]);
    expect(desk.metrics.counts()).toMatchObject({ WalletRevoked: 1, CriticalAlert: 1 });
    const writes = desk.aws.requests.slice(before).filter(({ operation }) => operation === 'TransactWriteItems');
    expect(writes).toHaveLength(1);
  });

  it('is answered alike when it is repeated with its key, and 409 with another', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const first = await desk.revoke(id, { key: 'k' });
    const again = await desk.revoke(id, { key: 'k' });
    expect(again.json).toEqual(first.json);
    expect(again.headers).toMatchObject({ 'Idempotent-Replayed': 'true' });
    const other = await desk.revoke(id);
    expect([other.status, other.json['error']]).toEqual([409, 'INVALID_TRANSITION']);
    expect((await desk.entries(id)).filter(({ action }) => action === 'wallet.revoked')).toHaveLength(1);
  });

  it('is done by one of twenty at once', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await desk.revoke(id)).status));
    expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
    expect(desk.alerts()).toHaveLength(1);
    expect(await desk.brokenAt(id)).toBeNull();
  });

  it('keeps a pause as it is', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    desk.dynamo.put('ledger', { ...desk.row(id, 'WALLET'), paused: true });
    expect((await desk.revoke(id)).json).toMatchObject({ status: 'revoked', paused: true });
    expect(desk.row(id, 'CUSTODY')).toMatchObject({ status: 'revoked', paused: true });
  });

  it('is possible for a rotated wallet', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    await desk.rotate(id);
    expect((await desk.revoke(id)).json).toMatchObject({ status: 'revoked', successor_id: expect.any(String) });
    expect(desk.row(id, 'WALLET')).toMatchObject({ gsi2pk: 'WALLETS#treasury#revoked' });
    expect(await desk.brokenAt(id)).toBeNull();
  });

  it('honours If-Match', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const stale = await desk.revoke(id, { ifMatch: '"v7"' });
    expect([stale.status, stale.json['error']]).toEqual([412, 'VERSION_MISMATCH']);
    expect((await desk.revoke(id, { ifMatch: '"v1"' })).status).toBe(200);
  });

  it('of a wallet that is not there is 404, and without a reason 400', async () => {
    const desk = createLifecycleDesk();
    expect((await desk.revoke('wal_01JD8Q4X7M5N2V9C3R6T0W1YZB')).status).toBe(404);
    const { id } = await desk.createWallet();
    for (const body of [{}, { reason: '' }, { reason: ' ' }, { reason: 'x'.repeat(501) }, { reason: 'x', more: 1 }]) {
      expect((await desk.ask('/admin/wallets/{id}/revoke', id, body)).status).toBe(400);
    }
    expect(desk.row(id, 'WALLET')).toMatchObject({ status: 'active' });
  });

  it.each(['request', 'answer'] as const)(
    'cut off at any request in turn, its %s lost, is done or not, and a repeat ends it',
    async (lost) => {
      for (let at = 1, more = true; more; at += 1) {
        const desk = createLifecycleDesk();
        const { id } = await desk.createWallet();
        let sent = 0;
        const broken = desk.open((_request, answer) => {
          sent += 1;
          if (sent < at) return undefined;
          if (sent === at && lost === 'answer') answer();
          return new Error('the function died');
        });
        await broken.revoke(id, { key: 'k' });
        more = sent >= at;
        expect((await desk.revoke(id, { key: 'k' })).json).toMatchObject({ status: 'revoked', version: 2 });
        expect((await desk.entries(id)).filter(({ action }) => action === 'wallet.revoked')).toHaveLength(1);
        expect(desk.alerts()).toHaveLength(1);
        expect(await desk.brokenAt(id)).toBeNull();
      }
    },
  );
});

describe('after a revocation was answered', () => {
  const USE: AuditContent = { action: 'key.used', actor: 'worker', severity: 'INFO', request_id: 'r', detail: {} };

  /** Records a use of the key as it was read, as every claim of a signature does. */
  async function claim(
    desk: ReturnType<typeof createLifecycleDesk>,
    id: string,
    custody = desk.wallets.custodyState(id),
  ) {
    const write = new WriteTransaction();
    const tables = { ledger: 'ledger', audit: 'audit' };
    recordKeyUse(write, tables, id, await custody, USE, isoTime(TEST_NOW_MS), () => new Error('raced'));
    await write.commit(desk.client, Deadline.in(10_000, desk.clock.now));
  }

  it('no use of the key can be recorded, neither by who read its state before nor by who reads it now', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const before = await desk.wallets.custodyState(id);
    await desk.revoke(id);
    await expect(claim(desk, id, Promise.resolve(before))).rejects.toThrow('raced');
    await expect(claim(desk, id)).rejects.toThrow('raced');
    const forged = { ...(await desk.wallets.custodyState(id)), status: 'active' as const };
    await expect(claim(desk, id, Promise.resolve(forged))).rejects.toThrow('raced');
  });

  it('racing with uses of the key, none is on the stream after it', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const uses = Array.from({ length: 30 }, async () => claim(desk, id).catch(() => undefined));
    const [answer] = await Promise.all([desk.revoke(id), ...uses]);
    expect(answer.status).toBe(200);
    await Promise.all(Array.from({ length: 10 }, () => claim(desk, id).catch(() => undefined)));
    const actions = (await desk.entries(id)).map(({ action }) => action);
    expect(actions.at(-1)).toBe('wallet.revoked');
    expect(await desk.brokenAt(id)).toBeNull();
  });

  it('a rotated wallet’s key is used on the condition that it is rotated still', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    const active = await desk.wallets.custodyState(id);
    await desk.rotate(id);
    await expect(claim(desk, id, Promise.resolve(active))).rejects.toThrow('raced');
    await claim(desk, id);
    await desk.revoke(id);
    await expect(claim(desk, id)).rejects.toThrow('raced');
  });
});

describe('the key of a revoked wallet', () => {
  const ask = (desk: ReturnType<typeof createLifecycleDesk>, path: string, id: string, who: string) =>
    desk.ask(path, id, path.endsWith('approve') ? undefined : { reason: 'closed' }, { who });

  it('can be destroyed by two people once its retention has passed, which nothing undoes', async () => {
    const desk = createLifecycleDesk();
    const { id } = await desk.createWallet();
    expect((await ask(desk, '/admin/wallets/{id}/destruction', id, 'key_one')).status).toBe(409);
    await desk.revoke(id);
    const { json } = await ask(desk, '/admin/wallets/{id}/destruction', id, 'key_one');
    const requestId = String(json['id']);
    expect((await ask(desk, '/admin/destructions/{id}/approve', requestId, 'key_one')).status).toBe(403);
    const approved = await ask(desk, '/admin/destructions/{id}/approve', requestId, 'key_two');
    expect(approved.json).toMatchObject({ status: 'approved', due_at: isoTime(TEST_NOW_MS + 30 * DAY_MS) });
    desk.clock.advance(30 * DAY_MS);
    await desk.destroy();
    expect(desk.items('keys')).toHaveLength(1);
    desk.clock.advance(1);
    await desk.destroy();
    expect(desk.items('keys')).toEqual([]);

    const gone = isoTime(TEST_NOW_MS + 30 * DAY_MS + 1);
    expect(await desk.wallets.get(id)).toMatchObject({ status: 'revoked', key_destroyed_at: gone });
    for (const path of ['/admin/wallets/{id}/revoke', '/admin/wallets/{id}/rotate', '/admin/wallets/{id}/sweep']) {
      expect((await ask(desk, path, id, 'key_one')).status, path).toBe(409);
    }
    const again = await ask(desk, '/admin/wallets/{id}/destruction', id, 'key_one');
    expect([again.status, again.json['error']]).toEqual([409, 'KEY_NOT_AVAILABLE']);
    const actions = (await desk.entries(id)).map((entry) => auditEntrySchema.parse(entry).action);
    expect(actions).toEqual([
      'wallet.created',
      'wallet.revoked',
      'destruction.requested',
      'destruction.approved',
      'key.destroyed',
    ]);
    expect(await desk.brokenAt(id)).toBeNull();
    expect(desk.items('ledger')).toContainEqual(expect.objectContaining({ ...custodyKey(id), key_destroyed_at: gone }));
  });
});
