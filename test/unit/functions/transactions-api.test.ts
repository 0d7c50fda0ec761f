import { describe, expect, it } from 'vitest';
import { queueItem, transactionItem } from '#shared/transactions/ledger-items.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import {
  acceptedTransaction,
  mined,
  queued,
  TEST_CHAIN,
  TEST_RECIPIENT,
  TEST_WALLET,
  transactionId,
} from '#test/support/fakes/ledger-transactions.ts';
import { createOneApi } from '#test/support/fakes/one-api.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';

describe('transactions-api', () => {
  const body = { wallet_id: TEST_WALLET.id, chain_id: TEST_CHAIN.chain_id, to: TEST_RECIPIENT.toLowerCase() };

  it('accepts a transaction with 202, by the defaults that the API documents', async () => {
    const { post, desk } = createOneApi('transactions-api');
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
    const { post } = createOneApi('transactions-api');
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
    const { idsOf, ask, desk } = createOneApi('transactions-api');
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
    const { ask, desk } = createOneApi('transactions-api');
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
    const { post, desk } = createOneApi('transactions-api');
    const response = await post('/transactions/batch', { transactions: [body] });
    expect(response.statusCode).toBe(202);
    expect(JSON.parse(response.body)).toMatchObject({ transactions: [{ status: 'queued', to: TEST_RECIPIENT }] });
    expect(desk.calls).toHaveLength(1);
    const refused = await createOneApi('transactions-api').post('/transactions/batch', {
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
      const { post } = createOneApi('transactions-api');
      expect(problemOf(await post('/transactions/batch', { transactions }))).toMatchObject({
        error: 'INVALID_PARAMETER',
        details: { fields: [{ field: 'body.transactions' }] },
      });
    },
  );

  it('retries an ended transaction, and answers a repeat as the first time', async () => {
    const { send, desk } = createOneApi('transactions-api');
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
    const { send } = createOneApi('transactions-api');
    const response = await send({ path: '/transactions/{id}', params: { id: transactionId(9) }, scopes: '*' });
    expect(problemOf(response).error).toBe('TRANSACTION_NOT_FOUND');
  });
});

describe('a place in a queue', () => {
  it('is listed as no transaction', async () => {
    const { idsOf, desk } = createOneApi('transactions-api');
    desk.dynamo.put('ledger', queueItem({ chain_id: 1, address: TEST_RECIPIENT }, TEST_WALLET.id, transactionId(1)));
    expect(await idsOf({ path: '/transactions' })).toEqual([]);
  });
});
