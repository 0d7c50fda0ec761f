import { describe, expect, it } from 'vitest';
import { redeemTokens } from '#shared/token/redeem.ts';
import { transactionItem } from '#shared/transactions/ledger-items.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { mined, queued, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { createOneApi, pageSchema } from '#test/support/fakes/one-api.ts';
import { createRedemptionDesk, nthId, storedUser, userRow } from '#test/support/fakes/redemption-desk.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';

describe('users-api', () => {
  const users = [
    storedUser(),
    storedUser({ id: nthId('usr', 2), external_id: 'customer-2', email: null, kyc_status: 'none', wallet_id: 'wal_2' }),
  ];
  const [first, second] = users;

  function withUsers() {
    const found = createOneApi('users-api');
    for (const user of users) {
      found.desk.dynamo.put('ledger', userRow(user));
      const row = { pk: `USER_EXTERNAL_ID#${user.external_id}`, sk: 'EXTERNAL_ID', user_id: user.id };
      found.desk.dynamo.put('ledger', row);
    }
    const patch = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
      found.send({ method: 'PATCH', path: '/users/{id}', params: { id: nthId('usr', 2) }, body, headers, scopes: '*' });
    return { ...found, patch };
  }

  it('lists by every filter, newest first, and gives none of the stored keys away', async () => {
    const { idsOf, ask } = withUsers();
    const list = (query: Record<string, readonly string[]>) => idsOf({ path: '/users', query });
    expect(await list({})).toEqual([second?.id, first?.id]);
    expect(await list({ kyc_status: ['verified'] })).toEqual([first?.id]);
    expect(await list({ external_id: ['customer-2'] })).toEqual([second?.id]);
    expect(await list({ external_id: ['customer-2'], kyc_status: ['verified'] })).toEqual([]);
    expect(await list({ external_id: ['customer-3'] })).toEqual([]);
    expect(JSON.stringify(await ask({ path: '/users' }))).not.toMatch(/gsi|audit_|"pk"|"sk"/);
  });

  it('goes on where a page ended, and refuses a cursor of another filter', async () => {
    const { ask, idsOf, send } = withUsers();
    const page = pageSchema.parse(await ask({ path: '/users', query: { limit: ['1'] } }));
    const cursor = page.next_cursor ?? '';
    expect(await idsOf({ path: '/users', query: { limit: ['1'], cursor: [cursor] } })).toEqual([first?.id]);
    const other = await send({ path: '/users', query: { kyc_status: ['none'], cursor: [cursor] }, scopes: '*' });
    expect(other.statusCode).toBe(400);
  });

  it('shows and changes a user by version', async () => {
    const { send, patch } = withUsers();
    const shown = await send({ path: '/users/{id}', params: { id: nthId('usr', 2) }, scopes: 'users:read' });
    expect(shown.headers['ETag']).toBe('"v1"');
    expect((await patch({ kyc_status: 'pending' }, { 'If-Match': '"v2"' })).statusCode).toBe(412);
    const changed = await patch({ kyc_status: 'pending' }, { 'If-Match': '"v1"' });
    expect(JSON.parse(changed.body)).toMatchObject({ kyc_status: 'pending', version: 2 });
    expect(changed.headers['ETag']).toBe('"v2"');
  });

  it.each([
    { email: 'not an address' },
    { email: `${'a'.repeat(250)}@example.com` },
    { email: 'a@b' },
    { email: 5 },
    { kyc_status: 'unknown' },
    { external_id: 'other' },
    { wallet_id: 'wal_3' },
  ])('refuses %j, and repeats it in no answer and no log', async (body) => {
    const { patch, log } = withUsers();
    const response = await patch(body);
    expect(response.statusCode).toBe(400);
    const told = response.body + log.everything();
    for (const value of Object.values(body))
      if (typeof value === 'string' && value.includes('@')) expect(told).not.toContain(value);
  });

  it('lists the transactions of the wallet of a user, and of no other', async () => {
    const { idsOf, desk, send } = withUsers();
    desk.dynamo.put('ledger', transactionItem(queued(1)));
    desk.dynamo.put('ledger', transactionItem(mined(2, 100)));
    desk.dynamo.put('ledger', transactionItem(queued(3, { wallet_id: 'wal_2' })));
    const list = (id: string, query: Record<string, readonly string[]> = {}) =>
      idsOf({ path: '/users/{id}/transactions', params: { id }, query });
    expect(await list(nthId('usr', 1))).toEqual([transactionId(2), transactionId(1)]);
    expect(await list(nthId('usr', 1), { status: ['mined'] })).toEqual([transactionId(2)]);
    expect(await list(nthId('usr', 2))).toEqual([transactionId(3)]);
    const none = await send({ path: '/users/{id}/transactions', params: { id: nthId('usr', 9) }, scopes: '*' });
    expect(problemOf(none).error).toBe('USER_NOT_FOUND');
  });

  it('shows and lists redemptions by every filter', async () => {
    const { ask, idsOf, desk, send } = withUsers();
    const redeeming = createRedemptionDesk();
    for (const reference of ['a', 'b']) {
      const context = idempotentContext({ idempotency: { recordKey: reference, fingerprint: 'f' } });
      const wish = { user_id: nthId('usr', 1), amount: '1', reference, speed: 'standard' } as const;
      await redeemTokens({ ...redeeming.deps, client: desk.deps.client }, wish, context);
    }
    const list = (query: Record<string, readonly string[]>) => idsOf({ path: '/token/redemptions', query });
    const both = [nthId('red', 2), nthId('red', 1)];
    expect(await list({})).toEqual(both);
    expect(await list({ user_id: [nthId('usr', 1)] })).toEqual(both);
    expect(await list({ user_id: [nthId('usr', 2)] })).toEqual([]);
    expect(await list({ status: ['pending'] })).toEqual(both);
    expect(await list({ status: ['completed'] })).toEqual([]);
    expect(await list({ reference: ['a'] })).toEqual([nthId('red', 1)]);
    expect(await list({ reference: ['c'] })).toEqual([]);
    const shown = await ask({ path: '/token/redemptions/{id}', params: { id: nthId('red', 1) } });
    expect(shown).toMatchObject({ id: nthId('red', 1), status: 'pending', transaction_id: nthId('tx', 1) });
    const none = await send({ path: '/token/redemptions/{id}', params: { id: nthId('red', 9) }, scopes: '*' });
    expect(problemOf(none).error).toBe('REDEMPTION_NOT_FOUND');
  });

  it.each([
    ['GET', '/users', 'users:write'],
    ['GET', '/users/{id}', 'transactions:read'],
    ['PATCH', '/users/{id}', 'users:read'],
    ['GET', '/users/{id}/transactions', 'users:read'],
    ['GET', '/token/redemptions', 'users:read'],
  ])('%s %s is not for a key with %s only', async (method, path, scopes) => {
    const { send } = withUsers();
    const request = { method, path, params: { id: nthId('usr', 1) }, scopes };
    const response = await send(method === 'GET' ? request : { ...request, body: {} });
    expect(problemOf(response).error).toBe('FORBIDDEN');
  });
});
