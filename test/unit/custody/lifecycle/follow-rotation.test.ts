import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { holderKey } from '#shared/custody/deposit-pool/pool-rows.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { createUserStore } from '#shared/users/user-store.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createLifecycleDesk, OPERATOR } from '#test/support/fakes/lifecycle-desk.ts';

const AT = isoTime(TEST_NOW_MS);
type Desk = ReturnType<typeof createLifecycleDesk>;

describe('what follows a wallet', () => {
  async function userOf(desk: Desk) {
    const { json } = await desk.ask('/users', '', { external_id: 'customer-1', email: 'a@example.com' });
    return { userId: String(json['id']), walletId: String(json['wallet_id']) };
  }

  /** A wallet with a tag that nobody can give it by the API: as who may put rows of wallets forges it. */
  async function withUserTag(desk: Desk, user_id: string) {
    const wallet = await desk.createWallet();
    desk.dynamo.put('ledger', { ...desk.row(wallet.id, 'WALLET'), ...walletKey(wallet.id), tags: { user_id } });
    return wallet;
  }

  it('a user moves on to the successor in the same transaction, on record', async () => {
    const desk = createLifecycleDesk();
    const { userId, walletId } = await userOf(desk);
    expect((await desk.rotate(walletId)).status).toBe(201);
    const user = await createUserStore(desk.client, 'ledger').get(userId);
    const successor = await desk.wallets.get(String(desk.row(walletId, 'WALLET')?.['successor_id']));
    expect(user).toMatchObject({
      wallet_id: successor.id,
      address: successor.address,
      email: 'a@example.com',
      version: 2,
    });
    expect(await desk.entries(userId)).toMatchObject([
      { action: 'user.created' },
      { action: 'user.wallet_rotated', actor: OPERATOR, detail: { from_wallet_id: walletId } },
    ]);
    expect(firstBreak(userId, await createAuditStore(desk.client, 'audit').stored(userId), user)).toBeNull();
  });

  it.each([['usr_01JD8Q4X7M5N2V9C3R6T0W1YZA'], ['nobody']])('nobody moves by a tag that says %s', async (tag) => {
    const desk = createLifecycleDesk();
    const { id } = await withUserTag(desk, tag);
    expect((await desk.rotate(id)).status).toBe(201);
  });

  it('a user with another wallet does not move by somebody else’s tag', async () => {
    const desk = createLifecycleDesk();
    const { userId, walletId } = await userOf(desk);
    const { id } = await withUserTag(desk, userId);
    expect((await desk.rotate(id)).status).toBe(201);
    expect(await createUserStore(desk.client, 'ledger').get(userId)).toMatchObject({ wallet_id: walletId, version: 1 });
  });

  it('a deposit wallet that was handed out is refused, also when that happens meanwhile; another is not', async () => {
    const desk = createLifecycleDesk();
    const free = await desk.createWallet({ purpose: 'deposit' });
    expect((await desk.rotate(free.id)).status).toBe(201);
    const { id } = await desk.createWallet({ purpose: 'deposit' });
    const holder = {
      ...holderKey(id),
      ...{ wallet_id: id, address: '0x1', at: AT, audit_seq: 1, audit_hash: '1' },
      ...{ status: 'taken', order_id: 'ord_1' },
    };
    const meanwhile = desk.open((request) => {
      if (request.operation === 'TransactWriteItems') desk.dynamo.put('ledger', holder);
      return undefined;
    });
    expect(await meanwhile.rotate(id)).toMatchObject({ status: 409, json: { error: 'INVALID_TRANSITION' } });
    expect(await desk.rotate(id)).toMatchObject({
      status: 409,
      json: { error: 'INVALID_TRANSITION', details: { taken_by: 'ord_1' } },
    });
    expect(await desk.wallets.custodyState(id)).toMatchObject({ status: 'active' });
    desk.dynamo.put('ledger', { ...holder, status: 'retired', order_id: null });
    expect((await desk.rotate(id)).status).toBe(201);
  });
});
