import { describe, expect, it } from 'vitest';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { storedPolicySchema } from '#shared/custody/policy/policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TOKEN_ADDRESS } from '#test/support/fakes/fake-token.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
import { storedWallet, TEST_CHAIN, TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { plainItem } from '#test/support/fakes/memory-dynamo.ts';
import { LIMITED_TOKEN } from '#test/support/fakes/policies.ts';
import { BASE, createPolicyOffice } from '#test/support/fakes/policy-office.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const OTHER_WALLET = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZB';
const USER_WALLET = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZC';
const ETH_5 = { asset: 'ETH', amount: '5' };

describe('PUT /admin/wallets/{id}/policy', () => {
  it('takes the form that the API documents, and shows what names stand for', async () => {
    const { send } = createPolicyOffice();
    const asked = {
      allowed_destinations: [TEST_RECIPIENT.toLowerCase(), TEST_RECIPIENT],
      allowed_selectors: ['0xA9059CBB'],
      max_value_per_transaction: [{ asset: 'ETH', amount: '5' }],
      max_value_per_day: [{ chain_id: TEST_CHAIN.chain_id, token_address: LIMITED_TOKEN, amount: '7' }],
      max_fee_per_gas: '9',
    };
    const put = await send('PUT', 'policy', asked);
    expect(put.statusCode).toBe(200);
    expect(put.headers['ETag']).toBe('"v1"');
    expect(put.json).toEqual({
      wallet_id: TEST_WALLET.id,
      allowed_chains: null,
      allowed_destinations: [TEST_RECIPIENT],
      allowed_selectors: ['0xa9059cbb'],
      max_value_per_transaction: [{ asset: 'ETH', chain_id: TEST_CHAIN.chain_id, token_address: null, amount: '5' }],
      max_value_per_day: [
        { asset: LIMITED_TOKEN, chain_id: TEST_CHAIN.chain_id, token_address: LIMITED_TOKEN, amount: '7' },
      ],
      max_fee_per_gas: '9',
      max_gas: null,
      require_balance: false,
      message_signing: false,
      typed_data_allowed: null,
      balance: { low: [], top_up: [] },
      updated_at: isoTime(TEST_NOW_MS),
      version: 1,
    });
    expect((await send('GET', 'policy')).json).toEqual(put.json);
  });

  it('of what it answered changes nothing: a policy can be read, edited and put back', async () => {
    const { send, entries } = createPolicyOffice();
    const { json } = await send('PUT', 'policy', { max_value_per_day: [{ asset: 'ETH', amount: '5' }] });
    const { wallet_id: _id, updated_at: _at, version: _version, ...rules } = json;
    expect((await send('PUT', 'policy', rules)).json.version).toBe(1);
    expect((await send('PUT', 'policy', { ...rules, message_signing: true })).json.version).toBe(2);
    expect(await entries(`policy:${TEST_WALLET.id}`)).toHaveLength(2);
  });

  it('is on a stream of its own, with what was before, and that stream verifies', async () => {
    const { send, row, entries } = createPolicyOffice();
    await send('PUT', 'policy', { message_signing: true });
    await send('PUT', 'policy', { max_gas: 50_000 });
    const stream = `policy:${TEST_WALLET.id}`;
    const stored = storedPolicySchema.parse(row(policyKey(TEST_WALLET.id).sk));
    const written = await entries(stream);
    expect(firstBreak(stream, written, stored)).toBeNull();
    expect(written).toMatchObject([
      { action: 'policy.changed', actor: 'key_tester', severity: 'WARNING', detail: { version: 1 } },
      { detail: { version: 2, before: { message_signing: true, max_gas: null }, after: { max_gas: 50_000 } } },
    ]);
  });

  it('is a stream that the API verifies, an empty one too; of a wallet that is there', async () => {
    const { functions, desk } = bindAllRoutes();
    const admin = createTestApi(functions['policy-admin'] ?? []);
    const custody = createTestApi(functions['custody-api'] ?? []);
    const verify = async (policy_of: string) => {
      const answer = await custody.send({
        method: 'POST',
        path: '/admin/audit/verify',
        body: { policy_of },
        scopes: '*',
      });
      return JSON.parse(answer.body);
    };
    const stream = `policy:${TEST_WALLET.id}`;
    expect(await verify(TEST_WALLET.id)).toMatchObject({ stream, verified: true, entries: 0, first_break: null });
    const params = { id: TEST_WALLET.id };
    await admin.send({ method: 'PUT', path: `${BASE}/policy`, params, body: { max_gas: 30_000 }, scopes: '*' });
    expect(await verify(TEST_WALLET.id)).toMatchObject({ verified: true, entries: 1 });
    const [entry] = desk.dynamo.items('audit').map(plainItem);
    desk.dynamo.put('audit', { ...entry, actor: 'key_somebody_else' });
    expect(await verify(TEST_WALLET.id)).toMatchObject({ verified: false, first_break: { seq: 1 } });
    expect(await verify(OTHER_WALLET)).toMatchObject({ error: 'WALLET_NOT_FOUND' });
  });

  it('is refused when If-Match names another version, and by a rival that came first', async () => {
    const { send } = createPolicyOffice();
    const ifMatch = (version: number) => ({ headers: { 'If-Match': `"v${version}"` } });
    expect((await send('PUT', 'policy', { max_gas: 30_000 }, ifMatch(1))).statusCode).toBe(412);
    expect((await send('PUT', 'policy', { max_gas: 30_000 }, ifMatch(0))).json.version).toBe(1);
    const both = await Promise.all([30_001, 30_002].map((max_gas) => send('PUT', 'policy', { max_gas }, ifMatch(1))));
    expect(both.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409]);
  });

  it('HAVEN is the token that is configured, by either form', async () => {
    const { send, desk } = createPolicyOffice();
    const haven = { asset: 'HAVEN', amount: '5' };
    expect((await send('PUT', 'policy', { max_value_per_day: [haven] })).statusCode).toBe(400);
    desk.dynamo.put('ledger', {
      pk: 'TOKEN#HAVEN',
      sk: 'SETTINGS',
      chain_id: TEST_CHAIN.chain_id,
      address: TOKEN_ADDRESS,
      minter_wallet_id: TEST_WALLET.id,
      decimals: 18,
      updated_at: isoTime(TEST_NOW_MS),
      version: 1,
      audit_seq: 1,
      audit_hash: 'h',
    });
    const named = await send('PUT', 'policy', { max_value_per_day: [haven] });
    const spelled = { chain_id: TEST_CHAIN.chain_id, token_address: TOKEN_ADDRESS.toLowerCase(), amount: '5' };
    expect(named.json.max_value_per_day).toEqual([{ ...spelled, token_address: TOKEN_ADDRESS, asset: 'HAVEN' }]);
    expect((await send('PUT', 'policy', { max_value_per_day: [spelled] })).json.version).toBe(1);
    const top_up = [{ from_wallet_id: OTHER_WALLET, asset: 'HAVEN', to: '6' }];
    expect((await send('PUT', 'policy', { balance: { top_up } })).json).toMatchObject({
      error: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'body.balance.top_up[0]', message: "must be a chain's own coin" }] },
    });
  });

  it.each<[string, unknown, string, string]>([
    ['an unknown field', { max_valu: 1 }, 'UNKNOWN_FIELD', 'body.max_valu'],
    [
      'a number as an amount',
      { max_value_per_day: [{ asset: 'ETH', amount: 5 }] },
      'INVALID_AMOUNT',
      'body.max_value_per_day[0].amount',
    ],
    ['an amount below zero', { max_fee_per_gas: '-1' }, 'INVALID_AMOUNT', 'body.max_fee_per_gas'],
    [
      'a bad checksum',
      { allowed_destinations: [TEST_RECIPIENT.replace('7', '8')] },
      'INVALID_ADDRESS',
      'body.allowed_destinations[0]',
    ],
    ['half a selector', { allowed_selectors: ['0xa905'] }, 'INVALID_PARAMETER', 'body.allowed_selectors[0]'],
    ['a chain that is not configured', { allowed_chains: [5] }, 'INVALID_PARAMETER', 'body.allowed_chains[0]'],
    [
      'an asset nobody knows',
      { max_value_per_day: [{ asset: 'BTC', amount: '5' }] },
      'INVALID_PARAMETER',
      'body.max_value_per_day[0].asset',
    ],
    [
      'no asset at all',
      { max_value_per_day: [{ amount: '5' }] },
      'INVALID_PARAMETER',
      'body.max_value_per_day[0].asset',
    ],
    [
      'a coin on a chain that has another',
      { max_value_per_day: [{ asset: 'ETH', chain_id: 10, amount: '5' }] },
      'INVALID_PARAMETER',
      'body.max_value_per_day[0].asset',
    ],
    [
      'a token on no chain',
      { max_value_per_day: [{ token_address: LIMITED_TOKEN, amount: '5' }] },
      'INVALID_PARAMETER',
      'body.max_value_per_day[0].chain_id',
    ],
    [
      'a name for another asset',
      { max_value_per_day: [{ asset: 'ETH', chain_id: 10, token_address: null, amount: '5' }] },
      'INVALID_PARAMETER',
      'body.max_value_per_day[0].asset',
    ],
    [
      'an asset twice',
      {
        max_value_per_day: [
          { asset: 'ETH', amount: '5' },
          { chain_id: TEST_CHAIN.chain_id, token_address: null, amount: '6' },
        ],
      },
      'INVALID_PARAMETER',
      'body.max_value_per_day[1]',
    ],
    ['gas that nothing can do with', { max_gas: 20_999 }, 'INVALID_PARAMETER', 'body.max_gas'],
    [
      'a token as a low balance',
      { balance: { low: [{ chain_id: TEST_CHAIN.chain_id, token_address: LIMITED_TOKEN, amount: '5' }] } },
      'INVALID_PARAMETER',
      'body.balance.low[0]',
    ],
  ])('is refused with %s, and names the field', async (_name, body, code, field) => {
    const { send, row } = createPolicyOffice();
    const answer = await send('PUT', 'policy', body);
    expect(answer.json).toMatchObject({ status: 400, error: code, details: { fields: [{ field }] } });
    expect(row('POLICY')).toBeUndefined();
  });

  it('takes top-ups by the name of the coin or by its chain, and what it shows can be put back', async () => {
    const { send, desk } = createPolicyOffice();
    desk.dynamo.put('ledger', { ...walletKey(OTHER_WALLET), ...storedWallet({ id: OTHER_WALLET }) });
    const rule = { from_wallet_id: OTHER_WALLET, asset: 'ETH', chain_id: TEST_CHAIN.chain_id, to: '6' };
    for (const asked of [
      { from_wallet_id: OTHER_WALLET, asset: 'ETH', to: '6' },
      { from_wallet_id: OTHER_WALLET, chain_id: TEST_CHAIN.chain_id, to: '6' },
      rule,
    ]) {
      const { json } = await send('PUT', 'policy', { balance: { low: [ETH_5], top_up: [asked] } });
      expect([json.balance.top_up, json.version]).toEqual([[rule], 1]);
    }
  });

  it.each([
    [
      'a source that is not there',
      { from_wallet_id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZD' },
      '.from_wallet_id',
      'INVALID_PARAMETER',
    ],
    ['a source that is no treasury', { from_wallet_id: USER_WALLET }, '.from_wallet_id', 'INVALID_PARAMETER'],
    ['the wallet itself', { from_wallet_id: TEST_WALLET.id }, '.from_wallet_id', 'INVALID_PARAMETER'],
    ['no more than the low balance', { to: '5' }, '.to', 'INVALID_PARAMETER'],
    ['nothing', { to: '0' }, '.to', 'INVALID_AMOUNT'],
    ['a coin that nobody knows', { asset: 'DOGE' }, '.asset', 'INVALID_PARAMETER'],
    ['a chain that nobody knows', { asset: undefined, chain_id: 7 }, '.chain_id', 'INVALID_PARAMETER'],
    ['more than it understands', { below: '1' }, '.below', 'UNKNOWN_FIELD'],
  ])('refuses a top-up from or with %s', async (_name, patch, field, code) => {
    const { send, row, desk } = createPolicyOffice();
    desk.dynamo.put('ledger', { ...walletKey(OTHER_WALLET), ...storedWallet({ id: OTHER_WALLET }) });
    desk.dynamo.put('ledger', { ...walletKey(USER_WALLET), ...storedWallet({ id: USER_WALLET, purpose: 'user' }) });
    const asked = { from_wallet_id: OTHER_WALLET, asset: 'ETH', to: '6', ...patch };
    const { json } = await send('PUT', 'policy', { balance: { low: [ETH_5], top_up: [asked] } });
    expect(json).toMatchObject({
      status: 400,
      error: code,
      details: { fields: [{ field: `body.balance.top_up[0]${field}` }] },
    });
    expect(row('POLICY')).toBeUndefined();
  });

  it('refuses two top-ups of one chain, and wallets that would fill each other, however indirectly', async () => {
    const { send, desk } = createPolicyOffice();
    const third = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZC';
    for (const id of [OTHER_WALLET, third]) desk.dynamo.put('ledger', { ...walletKey(id), ...storedWallet({ id }) });
    const topUpOf = async (id: string, ...sources: string[]) => {
      const top_up = sources.map((from_wallet_id) => ({ from_wallet_id, asset: 'ETH', to: '6' }));
      return (await send('PUT', 'policy', { balance: { low: [], top_up } }, { params: { id } })).statusCode;
    };
    expect(await topUpOf(TEST_WALLET.id, OTHER_WALLET, third)).toBe(400);
    expect(await topUpOf(TEST_WALLET.id, OTHER_WALLET)).toBe(200);
    expect(await topUpOf(OTHER_WALLET, TEST_WALLET.id)).toBe(400);
    expect(await topUpOf(OTHER_WALLET, third)).toBe(200);
    expect(await topUpOf(third, TEST_WALLET.id)).toBe(400);
  });

  it('of a wallet that is not there is 404', async () => {
    const { send } = createPolicyOffice();
    const answer = await send('PUT', 'policy', {}, { params: { id: OTHER_WALLET } });
    expect(problemOf(answer)).toMatchObject({ status: 404, error: 'WALLET_NOT_FOUND' });
  });
});

describe('GET /admin/wallets/{id}/policy', () => {
  it('of a wallet that was never given one shows that nothing is limited, as version 0', async () => {
    const { send } = createPolicyOffice();
    const { json, headers } = await send('GET', 'policy');
    expect(json).toMatchObject({ version: 0, updated_at: null, allowed_chains: null, message_signing: false });
    expect(headers['ETag']).toBe('"v0"');
  });
});
