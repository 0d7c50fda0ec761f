import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { redeemTokens } from '#shared/token/redeem.ts';
import { queueItem, transactionItem } from '#shared/transactions/ledger-items.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { AUDIT_CONTENT } from '#test/support/fakes/audit-stream.ts';
import { TOKEN_ABI, TOKEN_ADDRESS } from '#test/support/fakes/fake-token.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import {
  acceptedTransaction,
  mined,
  queued,
  storedWallet,
  TEST_CHAIN,
  TEST_RECIPIENT,
  TEST_WALLET,
  transactionId,
  unusedCustody,
} from '#test/support/fakes/ledger-transactions.ts';
import { createRedemptionDesk, nthId, storedUser, userRow } from '#test/support/fakes/redemption-desk.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const dataSchema = z.object({ data: z.array(z.object({ id: z.string() })), next_cursor: z.string().nullable() });

/** One function's API before tables in memory. */
function api(name: string, dependencies: Parameters<typeof bindAllRoutes>[0] = []) {
  const { functions, desk, metrics } = bindAllRoutes(dependencies);
  const test = createTestApi(functions[name] ?? [], { idempotency: desk.deps.idempotency });
  const ask = async (request: TestRequest): Promise<unknown> => {
    const { body } = await test.send({ scopes: '*', ...request });
    return JSON.parse(body);
  };
  const idsOf = async (request: TestRequest) => dataSchema.parse(await ask(request)).data.map(({ id }) => id);
  const post = (path: string, body: unknown, method = 'POST') =>
    test.send({
      method,
      path,
      body,
      scopes: '*',
      headers: { 'Idempotency-Key': `${method} ${path}`.replace(/ /g, '-') },
    });
  return { ...test, ask, idsOf, post, desk, auditMetrics: metrics };
}

describe('transactions-api', () => {
  const body = { wallet_id: TEST_WALLET.id, chain_id: TEST_CHAIN.chain_id, to: TEST_RECIPIENT.toLowerCase() };

  it('accepts a transaction with 202, by the defaults that the API documents', async () => {
    const { post, desk } = api('transactions-api');
    const response = await post('/transactions', body);
    expect(response.statusCode).toBe(202);
    expect(JSON.parse(response.body)).toMatchObject({
      id: transactionId(1),
      status: 'queued',
      to: TEST_RECIPIENT,
      value: '0',
      data: '0x',
      speed: 'standard',
      reference: null,
      valid_until: null,
    });
    expect(desk.calls).toHaveLength(1);
  });

  it('passes on everything that was asked for', async () => {
    const { post } = api('transactions-api');
    const asked = {
      value: '5',
      data: '0xab',
      speed: 'fastest',
      reference: 'r',
      valid_until: '2027-01-01T00:00:00.000Z',
    };
    expect(JSON.parse((await post('/transactions', { ...body, ...asked })).body)).toMatchObject(asked);
  });

  it('lists by every filter, and gives none of the stored keys away', async () => {
    const { idsOf, ask, desk } = api('transactions-api');
    desk.dynamo.put('ledger', transactionItem(queued(1)));
    desk.dynamo.put('ledger', transactionItem(mined(2, 100, { chain_id: 10, wallet_id: 'wal_other' })));
    const list = (query: Record<string, readonly string[]>) => idsOf({ path: '/transactions', query });
    expect(await list({})).toEqual([transactionId(2), transactionId(1)]);
    expect(await list({ wallet_id: [TEST_WALLET.id] })).toEqual([transactionId(1)]);
    expect(await list({ status: ['mined'] })).toEqual([transactionId(2)]);
    expect(await list({ chain_id: ['10'] })).toEqual([transactionId(2)]);
    expect(JSON.stringify(await ask({ path: '/transactions' }))).not.toMatch(/gsi|audit_|"pk"|"sk"/);
  });

  it('shows a transaction with its history', async () => {
    const { ask, desk } = api('transactions-api');
    const { transaction, entry } = acceptedTransaction(1);
    desk.dynamo.put('ledger', transactionItem(transaction));
    const { stream, seq, ...rest } = entry;
    desk.dynamo.put('audit', { pk: stream, seq, ...rest });
    expect(await ask({ path: '/transactions/{id}', params: { id: transactionId(1) } })).toMatchObject({
      id: transactionId(1),
      attempts: [],
      history: [{ action: 'transaction.queued', actor: 'key_tester' }],
    });
  });

  it('accepts a batch with 202, and names the member at fault of one that it refuses', async () => {
    const { post, desk } = api('transactions-api');
    const response = await post('/transactions/batch', { transactions: [body] });
    expect(response.statusCode).toBe(202);
    expect(JSON.parse(response.body)).toMatchObject({ transactions: [{ status: 'queued', to: TEST_RECIPIENT }] });
    expect(desk.calls).toHaveLength(1);
    const refused = await api('transactions-api').post('/transactions/batch', {
      transactions: [body, body, { ...body, to: '0x12' }],
    });
    expect(problemOf(refused)).toMatchObject({
      error: 'INVALID_ADDRESS',
      details: { fields: [{ field: 'body.transactions[2].to' }] },
    });
  });

  it.each([[[]], [Array.from({ length: 51 }, () => body)]])(
    'accepts no batch that is empty or too large',
    async (transactions) => {
      const { post } = api('transactions-api');
      expect(problemOf(await post('/transactions/batch', { transactions }))).toMatchObject({
        error: 'INVALID_PARAMETER',
        details: { fields: [{ field: 'body.transactions' }] },
      });
    },
  );

  it('retries an ended transaction, and answers a repeat as the first time', async () => {
    const { send, desk } = api('transactions-api');
    desk.dynamo.put('ledger', transactionItem(queued(5, { status: 'failed', reference: 'r-5' })));
    const request: TestRequest = {
      method: 'POST',
      path: '/admin/transactions/{id}/retry',
      params: { id: transactionId(5) },
      body: {},
      scopes: 'transactions:write',
      headers: { 'Idempotency-Key': 'retry-5' },
    };
    const first = await send(request);
    expect(first.statusCode).toBe(202);
    expect(JSON.parse(first.body)).toMatchObject({
      outcome: 'accepted',
      transaction: { id: transactionId(1), retry_of: transactionId(5), retried_by: null, reference: null },
    });
    const again = await send(request);
    expect(again.headers['Idempotent-Replayed']).toBe('true');
    expect(again.body).toBe(first.body);
    const other = await send({ ...request, headers: { 'Idempotency-Key': 'other' } });
    expect(problemOf(other).error).toBe('INVALID_TRANSITION');
  });

  it('knows no other transaction', async () => {
    const { send } = api('transactions-api');
    const response = await send({ path: '/transactions/{id}', params: { id: transactionId(9) }, scopes: '*' });
    expect(problemOf(response).error).toBe('TRANSACTION_NOT_FOUND');
  });
});

describe('custody-api', () => {
  const wallets = [
    storedWallet({ id: 'wal_01JD8Q4X7M5N2V9C3R6T0W0001', tags: { team: 'a:b' } }),
    storedWallet({ id: 'wal_01JD8Q4X7M5N2V9C3R6T0W0002', purpose: 'user', address: TEST_RECIPIENT }),
  ];

  function withWallets() {
    const custody = api('custody-api');
    for (const wallet of wallets) {
      const indexes = {
        gsi1pk: 'WALLETS',
        gsi1sk: wallet.id,
        gsi2pk: `WALLETS#${wallet.purpose}#active`,
        gsi2sk: wallet.id,
      };
      custody.desk.dynamo.put('ledger', { ...walletKey(wallet.id), ...wallet, ...indexes });
    }
    custody.desk.dynamo.put('ledger', { pk: 'WALLET_TAG#team=a:b', sk: wallets[0]?.id });
    return custody;
  }

  it('lists by every filter; a tag may have a colon in its value', async () => {
    const { idsOf } = withWallets();
    const list = (query: Record<string, readonly string[]>) => idsOf({ path: '/admin/wallets', query });
    expect(await list({})).toEqual([wallets[1]?.id, wallets[0]?.id]);
    expect(await list({ purpose: ['user'] })).toEqual([wallets[1]?.id]);
    expect(await list({ tag: ['team:a:b'] })).toEqual([wallets[0]?.id]);
  });

  it('shows a wallet without anything of its key or its audit head', async () => {
    const { ask } = withWallets();
    const shown = await ask({ path: '/admin/wallets/{id}', params: { id: wallets[1]?.id ?? '' } });
    expect(shown).toEqual(wallets[1]);
  });

  it('verifies the stream of a wallet against its custody state', async () => {
    const { ask, desk } = withWallets();
    const { entry, head } = nextEntry(
      TEST_WALLET.id,
      emptyHead(TEST_WALLET.id),
      AUDIT_CONTENT,
      '2026-11-21T18:30:00.000Z',
    );
    const { stream, seq, ...rest } = entry;
    const row = { pk: stream, seq, ...rest, ...indexAttributesOf(entry) };
    desk.dynamo.put('audit', row);
    desk.dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody(head) });
    const request = { method: 'POST', path: '/admin/audit/verify', body: { wallet_id: TEST_WALLET.id } };
    expect(await ask(request)).toEqual({
      stream: TEST_WALLET.id,
      verified: true,
      entries: 1,
      first_break: null,
      anchored: { seq: 0, through: null, broken_anchor: null },
      next_cursor: null,
    });
    desk.dynamo.put('audit', { ...row, actor: 'someone else' });
    expect(await ask(request)).toMatchObject({ verified: false, first_break: { seq: 1, reason: 'edited' } });
  });

  it('verifies the stream of a transaction against the transaction', async () => {
    const { ask, desk, auditMetrics } = withWallets();
    desk.dynamo.put('ledger', transactionItem(queued(1)));
    const request = { method: 'POST', path: '/admin/audit/verify', body: { transaction_id: transactionId(1) } };
    expect(await ask(request)).toMatchObject({ verified: false, first_break: { seq: 1, reason: 'truncated' } });
    expect(auditMetrics.counts()).toEqual({ AuditBroken: 1 });
  });

  it('verifies the streams of a user and of a redemption against themselves', async () => {
    const { ask, desk } = withWallets();
    desk.dynamo.put('ledger', userRow(storedUser()));
    const verify = (body: unknown) => ask({ method: 'POST', path: '/admin/audit/verify', body });
    expect(await verify({ user_id: nthId('usr', 1) })).toMatchObject({ stream: nthId('usr', 1), verified: true });
    expect(await verify({ user_id: nthId('usr', 2) })).toMatchObject({ error: 'USER_NOT_FOUND' });
    expect(await verify({ redemption_id: nthId('red', 1) })).toMatchObject({ error: 'REDEMPTION_NOT_FOUND' });
  });

  it.each([
    ['neither', {}],
    ['both', { wallet_id: TEST_WALLET.id, transaction_id: transactionId(1) }],
  ])('verifies no stream when %s is named', async (_name, body) => {
    const { send } = withWallets();
    const response = await send({ method: 'POST', path: '/admin/audit/verify', body, scopes: '*' });
    expect(response.statusCode).toBe(400);
  });
});

describe('token-api', () => {
  it('configures, shows, mints, transfers and tells balances', async () => {
    const { post, ask, desk } = api('token-api');
    const wanted = {
      chain_id: TEST_CHAIN.chain_id,
      address: TOKEN_ADDRESS.toLowerCase(),
      minter_wallet_id: TEST_WALLET.id,
    };
    expect((await post('/admin/token', wanted, 'PUT')).statusCode).toBe(200);
    expect(await ask({ path: '/token' })).toMatchObject({ symbol: 'HAVEN', address: TOKEN_ADDRESS });
    const minted = await post('/token/mint', { to: TEST_RECIPIENT, amount: '5' });
    expect(minted.statusCode).toBe(202);
    expect(TOKEN_ABI.parseTransaction(JSON.parse(minted.body))?.name).toBe('mint');
    const other = storedWallet({ id: 'wal_01JD8Q4X7M5N2V9C3R6T0W0002', address: TEST_RECIPIENT });
    desk.dynamo.put('ledger', { ...walletKey(other.id), ...other });
    expect(
      await ask({
        path: '/admin/wallets/{id}/balances',
        params: { id: other.id },
        query: { chain_id: [String(TEST_CHAIN.chain_id)] },
      }),
    ).toMatchObject({ balances: [{ asset: 'ETH' }, { asset: 'HAVEN', amount: '0' }] });
  });

  it('transfers from the wallet that the body names', async () => {
    const { post } = api('token-api');
    const wanted = { chain_id: TEST_CHAIN.chain_id, address: TOKEN_ADDRESS, minter_wallet_id: TEST_WALLET.id };
    await post('/admin/token', wanted, 'PUT');
    const sent = await post('/token/transfer', { wallet_id: TEST_WALLET.id, to: TEST_RECIPIENT, amount: '5' });
    const transaction = JSON.parse(sent.body);
    expect(transaction).toMatchObject({ wallet_id: TEST_WALLET.id, speed: 'standard', reference: null });
    expect(TOKEN_ABI.parseTransaction(transaction)?.name).toBe('transfer');
  });
});

describe('token-api for users', () => {
  /** A desk with a configured token and the user of the test wallet. */
  async function withUser() {
    const token = api('token-api');
    const wanted = { chain_id: TEST_CHAIN.chain_id, address: TOKEN_ADDRESS, minter_wallet_id: TEST_WALLET.id };
    await token.post('/admin/token', wanted, 'PUT');
    token.desk.dynamo.put('ledger', userRow(storedUser()));
    return token;
  }
  const user_id = nthId('usr', 1);
  const calls = (body: string) => {
    const call = TOKEN_ABI.parseTransaction(JSON.parse(body));
    return [call?.name, ...(call?.args ?? [])];
  };

  it.each([
    ['mints to', '/token/mint', { user_id }, ['mint', TEST_WALLET.address, 5n]],
    ['transfers to', '/token/transfer', { wallet_id: TEST_WALLET.id, user_id }, ['transfer', TEST_WALLET.address, 5n]],
    ['burns what is held by', '/token/burn', { user_id }, ['burn', 5n]],
  ] as const)('%s a user', async (_name, path, body, call) => {
    const { post } = await withUser();
    const response = await post(path, { ...body, amount: '5', reference: 'r' });
    expect(response.statusCode).toBe(202);
    expect(calls(response.body)).toEqual(call);
    expect(JSON.parse(response.body)).toMatchObject({ wallet_id: TEST_WALLET.id, reference: 'r' });
  });

  it('burns what a wallet holds', async () => {
    const { post } = await withUser();
    expect(calls((await post('/token/burn', { wallet_id: TEST_WALLET.id, amount: '5' })).body)).toEqual(['burn', 5n]);
  });

  it.each([
    ['/token/mint', {}],
    ['/token/mint', { to: TEST_RECIPIENT, user_id }],
    ['/token/transfer', { wallet_id: TEST_WALLET.id }],
    ['/token/transfer', { wallet_id: TEST_WALLET.id, to: TEST_RECIPIENT, user_id }],
    ['/token/burn', {}],
    ['/token/burn', { wallet_id: TEST_WALLET.id, user_id }],
  ])('%s needs exactly one party: %j', async (path, body) => {
    const { post } = await withUser();
    const response = await post(path, { ...body, amount: '5' });
    expect(problemOf(response)).toMatchObject({ error: 'INVALID_PARAMETER', status: 400 });
  });

  it.each(['/token/mint', '/token/burn'])('%s knows no other user', async (path) => {
    const { post } = await withUser();
    const response = await post(path, { user_id: nthId('usr', 9), amount: '5' });
    expect(problemOf(response)).toMatchObject({ error: 'USER_NOT_FOUND', status: 404 });
  });

  it("tells a user's balance at a stated block", async () => {
    const { ask } = await withUser();
    expect(await ask({ path: '/token/balances/{user_id}', params: { user_id } })).toEqual({
      user_id,
      wallet_id: TEST_WALLET.id,
      address: TEST_WALLET.address,
      chain_id: TEST_CHAIN.chain_id,
      asset: 'HAVEN',
      token_address: TOKEN_ADDRESS,
      decimals: 18,
      amount: '7',
      block_number: 42,
    });
  });

  it('redeems with 202, and replays the same answer', async () => {
    const { post } = await withUser();
    const redeem = () => post('/token/redemptions', { user_id, amount: '7', reference: 'payout-1' });
    const first = await redeem();
    expect(first.statusCode).toBe(202);
    expect(JSON.parse(first.body)).toMatchObject({
      id: nthId('red', 1),
      status: 'pending',
      transaction_id: transactionId(1),
      amount: '7',
    });
    expect(first.body).not.toMatch(/audit_|gsi/);
    const second = await redeem();
    expect(second.headers['Idempotent-Replayed']).toBe('true');
    expect(second.body).toBe(first.body);
  });

  it.each([
    [{ amount: '0' }, 'INVALID_AMOUNT'],
    [{ amount: '-1' }, 'INVALID_AMOUNT'],
    [{ amount: 5 }, 'INVALID_AMOUNT'],
    [{ reference: null }, 'INVALID_PARAMETER'],
    [{ reference: undefined }, 'INVALID_PARAMETER'],
    [{ user_id: TEST_WALLET.id }, 'INVALID_PARAMETER'],
    [{ wallet_id: TEST_WALLET.id }, 'UNKNOWN_FIELD'],
  ])('redeems nothing for a body with %j', async (wrong, code) => {
    const { post } = await withUser();
    const response = await post('/token/redemptions', { user_id, amount: '1', reference: 'r', ...wrong });
    expect(problemOf(response).error).toBe(code);
  });
});

describe('users-api', () => {
  const users = [
    storedUser(),
    storedUser({ id: nthId('usr', 2), external_id: 'customer-2', email: null, kyc_status: 'none', wallet_id: 'wal_2' }),
  ];
  const [first, second] = users;

  function withUsers() {
    const found = api('users-api');
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
    const page = dataSchema.parse(await ask({ path: '/users', query: { limit: ['1'] } }));
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

describe('wallet-provisioner', () => {
  it('creates a user with 201; what it is not told is unknown', async () => {
    const { post, desk } = api('wallet-provisioner');
    const response = await post('/users', { external_id: 'customer-1' });
    expect(response.statusCode).toBe(201);
    expect(JSON.parse(response.body)).toMatchObject({ external_id: 'customer-1', email: null, kyc_status: 'none' });
    expect(response.body).not.toMatch(/audit_|gsi/);
    expect(desk.dynamo.items('keys')).toHaveLength(1);
  });

  it.each([
    [{}, 'INVALID_PARAMETER'],
    [{ external_id: '' }, 'INVALID_PARAMETER'],
    [{ external_id: 'ada@example.com' }, 'INVALID_PARAMETER'],
    [{ external_id: 'a', email: 'nonsense' }, 'INVALID_PARAMETER'],
    [{ external_id: 'a', kyc_status: 'verified' }, 'UNKNOWN_FIELD'],
  ])('makes no key for a user of %j', async (body, code) => {
    const { post, desk } = api('wallet-provisioner');
    expect(problemOf(await post('/users', body)).error).toBe(code);
    expect(desk.dynamo.items('keys')).toEqual([]);
  });

  it('creates a wallet with 201, by the defaults that the API documents', async () => {
    const { post, desk } = api('wallet-provisioner');
    const response = await post('/admin/wallets', { purpose: 'user' });
    expect(response.statusCode).toBe(201);
    expect(JSON.parse(response.body)).toMatchObject({
      purpose: 'user',
      custody: 'envelope',
      label: null,
      tags: {},
      status: 'active',
      paused: false,
    });
    expect(desk.dynamo.items('keys')).toHaveLength(1);
  });
});

describe('ops-api', () => {
  it('says that it is up, on which stage and when', async () => {
    expect(await api('ops-api').ask({ path: '/health' })).toEqual({
      status: 'ok',
      stage: 'test',
      time: '2026-11-21T18:30:00.000Z',
    });
  });

  it('says which dependency does not answer, and why only to the log', async () => {
    const failing = { name: 'database', probe: () => Promise.reject(new Error('a reason')) };
    const { ask, log } = api('ops-api', [failing]);
    const answer = await ask({ path: '/ready' });
    expect(answer).toEqual({
      status: 'degraded',
      dependencies: [{ name: 'database', state: 'failed', latency_ms: 0 }],
    });
    expect(log.of('DEPENDENCY_FAILED')).toMatchObject([{ dependency: 'database' }]);
  });

  it('gives out its documents', async () => {
    const { send, ask } = api('ops-api');
    expect(await ask({ path: '/openapi.json' })).toEqual({ openapi: '3.1.0' });
    const docs = await send({ path: '/docs' });
    expect(docs.headers['Content-Type']).toBe('text/html; charset=utf-8');
    expect(docs.body).toBe('<!doctype html>');
  });

  it('needs no key', async () => {
    const { send } = api('ops-api');
    for (const path of ['/health', '/ready', '/openapi.json', '/docs'])
      expect((await send({ path })).statusCode).toBe(200);
  });
});

describe('a place in a queue', () => {
  it('is listed as no transaction', async () => {
    const { idsOf, desk } = api('transactions-api');
    desk.dynamo.put('ledger', queueItem({ chain_id: 1, address: TEST_RECIPIENT }, TEST_WALLET.id, transactionId(1)));
    expect(await idsOf({ path: '/transactions' })).toEqual([]);
  });
});
