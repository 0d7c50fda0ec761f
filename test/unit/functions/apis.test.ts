import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { queueItem, transactionItem } from '#shared/transactions/ledger-items.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { AUDIT_CONTENT } from '#test/support/fakes/audit-stream.ts';
import { TOKEN_ABI, TOKEN_ADDRESS } from '#test/support/fakes/fake-token.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
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
    desk.dynamo.put('audit', { pk: stream, seq, ...rest });
    desk.dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody(head) });
    const request = { method: 'POST', path: '/admin/audit/verify', body: { wallet_id: TEST_WALLET.id } };
    expect(await ask(request)).toEqual({ stream: TEST_WALLET.id, verified: true, entries: 1, first_break: null });
    desk.dynamo.put('audit', { pk: stream, seq, ...rest, actor: 'someone else' });
    expect(await ask(request)).toMatchObject({ verified: false, first_break: { seq: 1, reason: 'edited' } });
  });

  it('verifies the stream of a transaction against the transaction', async () => {
    const { ask, desk, auditMetrics } = withWallets();
    desk.dynamo.put('ledger', transactionItem(queued(1)));
    const request = { method: 'POST', path: '/admin/audit/verify', body: { transaction_id: transactionId(1) } };
    expect(await ask(request)).toMatchObject({ verified: false, first_break: { seq: 1, reason: 'truncated' } });
    expect(auditMetrics.counts()).toEqual({ AuditBroken: 1 });
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

describe('wallet-provisioner', () => {
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
