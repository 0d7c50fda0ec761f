import { describe, expect, it } from 'vitest';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { TOKEN_ABI, TOKEN_ADDRESS } from '#test/support/fakes/fake-token.ts';
import {
  storedWallet,
  TEST_CHAIN,
  TEST_RECIPIENT,
  TEST_WALLET,
  transactionId,
} from '#test/support/fakes/ledger-transactions.ts';
import { createOneApi } from '#test/support/fakes/one-api.ts';
import { nthId, storedUser, userRow } from '#test/support/fakes/redemption-desk.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';

describe('token-api', () => {
  it('configures, shows, mints, transfers and tells balances', async () => {
    const { post, ask, desk } = createOneApi('token-api');
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
    const { post } = createOneApi('token-api');
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
    const token = createOneApi('token-api');
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
