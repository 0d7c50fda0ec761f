import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { custodyKey, custodyStateSchema, recordKeyUse } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { storedPolicySchema } from '#shared/custody/policy/policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TOKEN_ADDRESS } from '#test/support/fakes/fake-token.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
import {
  storedWallet,
  TEST_CHAIN,
  TEST_RECIPIENT,
  TEST_WALLET,
  unusedCustody,
} from '#test/support/fakes/ledger-transactions.ts';
import { plainItem } from '#test/support/fakes/memory-dynamo.ts';
import { LIMITED_TOKEN } from '#test/support/fakes/policies.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const OTHER_WALLET = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZB';
const USER_WALLET = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZC';
const ETH_5 = { asset: 'ETH', amount: '5' };
const BASE = `/admin/wallets/{id}`;

function office() {
  const { functions, desk } = bindAllRoutes();
  desk.dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody() });
  const test = createTestApi(functions['policy-admin'] ?? []);
  const send = async (method: string, path: string, body?: unknown, extra: Partial<TestRequest> = {}) => {
    const answer = await test.send({
      method,
      path: `${BASE}/${path}`,
      params: { id: TEST_WALLET.id },
      scopes: '*',
      ...(body === undefined ? {} : { body }),
      ...extra,
    });
    return { ...answer, json: JSON.parse(answer.body) };
  };
  const row = (sk: string) =>
    desk.dynamo
      .items('ledger')
      .map(plainItem)
      .find((item) => item['pk'] === `${sk}#${TEST_WALLET.id}` && item['sk'] === sk);
  const entries = (stream: string) => createAuditStore(desk.deps.client, 'audit').stored(stream);
  return { ...test, send, row, entries, desk };
}

describe('PUT /admin/wallets/{id}/policy', () => {
  it('takes the form that the API documents, and shows what names stand for', async () => {
    const { send } = office();
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
    const { send, entries } = office();
    const { json } = await send('PUT', 'policy', { max_value_per_day: [{ asset: 'ETH', amount: '5' }] });
    const { wallet_id: _id, updated_at: _at, version: _version, ...rules } = json;
    expect((await send('PUT', 'policy', rules)).json.version).toBe(1);
    expect((await send('PUT', 'policy', { ...rules, message_signing: true })).json.version).toBe(2);
    expect(await entries(`policy:${TEST_WALLET.id}`)).toHaveLength(2);
  });

  it('is on a stream of its own, with what was before, and that stream verifies', async () => {
    const { send, row, entries } = office();
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
    const { send } = office();
    const ifMatch = (version: number) => ({ headers: { 'If-Match': `"v${version}"` } });
    expect((await send('PUT', 'policy', { max_gas: 30_000 }, ifMatch(1))).statusCode).toBe(412);
    expect((await send('PUT', 'policy', { max_gas: 30_000 }, ifMatch(0))).json.version).toBe(1);
    const both = await Promise.all([30_001, 30_002].map((max_gas) => send('PUT', 'policy', { max_gas }, ifMatch(1))));
    expect(both.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409]);
  });

  it('HAVEN is the token that is configured, by either form', async () => {
    const { send, desk } = office();
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
    const { send, row } = office();
    const answer = await send('PUT', 'policy', body);
    expect(answer.json).toMatchObject({ status: 400, error: code, details: { fields: [{ field }] } });
    expect(row('POLICY')).toBeUndefined();
  });

  it('takes top-ups by the name of the coin or by its chain, and what it shows can be put back', async () => {
    const { send, desk } = office();
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
    const { send, row, desk } = office();
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
    const { send, desk } = office();
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
    const { send } = office();
    const answer = await send('PUT', 'policy', {}, { params: { id: OTHER_WALLET } });
    expect(problemOf(answer)).toMatchObject({ status: 404, error: 'WALLET_NOT_FOUND' });
  });
});

describe('GET /admin/wallets/{id}/policy', () => {
  it('of a wallet that was never given one shows that nothing is limited, as version 0', async () => {
    const { send } = office();
    const { json, headers } = await send('GET', 'policy');
    expect(json).toMatchObject({ version: 0, updated_at: null, allowed_chains: null, message_signing: false });
    expect(headers['ETag']).toBe('"v0"');
  });
});

describe('POST /admin/wallets/{id}/pause and resume', () => {
  const reason = { reason: 'looks odd' };

  it('change the wallet and what must hold for its key at once, on record', async () => {
    const { send, row, entries } = office();
    const paused = await send('POST', 'pause', reason);
    expect(paused.json).toMatchObject({ id: TEST_WALLET.id, paused: true, status: 'active', version: 2 });
    expect(row('WALLET')).toMatchObject({ paused: true, version: 2 });
    const resumed = await send('POST', 'resume', { reason: 'was fine' });
    expect(resumed.json).toMatchObject({ paused: false, version: 3 });
    const custody = custodyStateSchema.parse(row('CUSTODY'));
    expect(custody).toMatchObject({ paused: false, audit_seq: 2 });
    const written = await entries(TEST_WALLET.id);
    expect(firstBreak(TEST_WALLET.id, written, custody)).toBeNull();
    expect(written).toMatchObject([
      { action: 'wallet.paused', reason: 'looks odd', actor: 'key_tester', severity: 'WARNING' },
      { action: 'wallet.resumed', reason: 'was fine' },
    ]);
  });

  it('twice change nothing the second time', async () => {
    const { send, entries } = office();
    await send('POST', 'pause', reason);
    expect((await send('POST', 'pause', reason)).json.version).toBe(2);
    expect(await entries(TEST_WALLET.id)).toHaveLength(1);
  });

  it('keep the key of a paused wallet from being used', async () => {
    const { send, desk } = office();
    const { client } = desk.deps;
    const custody = await createWalletStore(client, 'ledger').custodyState(TEST_WALLET.id);
    await send('POST', 'pause', reason);
    const write = new WriteTransaction();
    const use = { action: 'key.used', actor: 'lane-worker', severity: 'INFO' as const, request_id: 'r', detail: {} };
    const tables = { ledger: 'ledger', audit: 'audit' };
    const at = isoTime(TEST_NOW_MS);
    recordKeyUse(write, tables, TEST_WALLET.id, custody, use, at, () => new Error('refused'));
    await expect(write.commit(client, Deadline.in(1_000, createFakeClock().now))).rejects.toThrow('refused');
  });

  it('get in between the uses of a busy key', async () => {
    const { send, desk, entries } = office();
    const { client } = desk.deps;
    const tables = { ledger: 'ledger', audit: 'audit' };
    const wallets = createWalletStore(client, 'ledger');
    const use = { action: 'key.used', actor: 'lane-worker', severity: 'INFO' as const, request_id: 'r', detail: {} };
    let uses = 0;
    const busy = async () => {
      for (let turn = 0; turn < 500; turn += 1) {
        // The pause waits by timers, which a loop of promises alone would never let run.
        await new Promise((resolve) => setImmediate(resolve));
        const custody = await wallets.custodyState(TEST_WALLET.id);
        if (custody.paused) return;
        const write = new WriteTransaction();
        recordKeyUse(write, tables, TEST_WALLET.id, custody, use, isoTime(TEST_NOW_MS), () => new Error('raced'));
        await write.commit(client, Deadline.in(1_000, createFakeClock().now)).catch(() => undefined);
        uses += 1;
      }
    };
    const using = busy();
    while (uses < 3) await new Promise((resolve) => setImmediate(resolve));
    const answer = await send('POST', 'pause', reason);
    await using;
    expect(answer.statusCode).toBe(200);
    const custody = await wallets.custodyState(TEST_WALLET.id);
    expect(firstBreak(TEST_WALLET.id, await entries(TEST_WALLET.id), custody)).toBeNull();
  });

  it.each([{}, { reason: '' }, { reason: '   ' }, { reason: 'x'.repeat(501) }, { reason: 5 }])(
    'need a reason: %j is refused',
    async (body) => {
      const { send, row } = office();
      expect((await send('POST', 'pause', body)).statusCode).toBe(400);
      expect(row('WALLET')).toMatchObject({ paused: storedWallet().paused });
    },
  );

  it('honour If-Match', async () => {
    const { send } = office();
    expect((await send('POST', 'pause', reason, { headers: { 'If-Match': '"v9"' } })).statusCode).toBe(412);
  });
});
