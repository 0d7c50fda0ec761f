import { describe, expect, it } from 'vitest';
import { bindRoutes } from '#functions/payments-api/handler.ts';
import { createPaymentLedger } from '#shared/payments/accounting/payment-ledger.ts';
import type { DepositSweep } from '#shared/payments/sweeps/deposit-sweep.ts';
import { depositSweepItem, endedRound, nextRound } from '#shared/payments/sweeps/deposit-sweep-row.ts';
import { createDepositSweepStore } from '#shared/payments/sweeps/deposit-sweep-store.ts';
import { createSweepList } from '#shared/payments/sweeps/sweep-list.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { TestRequest } from '#test/support/fakes/api-request.ts';
import { createDepositDesk, TREASURY } from '#test/support/fakes/deposit-desk.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { orderId } from '#test/support/fakes/orders.ts';
import { createTestApi } from '#test/support/fakes/test-api.ts';

const ID = `${orderId(1)}-31337`;
const BY = { actor: 'deposit-sweeper', request_id: 'invocation-1' };
const AT = '2026-11-22T18:00:00.000Z';

/** The routes of payments over the desk of the sweeper. */
function open() {
  const desk = createDepositDesk();
  const client = desk.crossing.client('api');
  const { send } = createTestApi(
    bindRoutes({
      client,
      tables: { shop: 'shop', audit: 'audit' },
      sweeps: createDepositSweepStore(client, 'shop'),
      sweepList: createSweepList(client, 'shop'),
      ledger: createPaymentLedger(client, 'shop'),
      idempotency: createIdempotencyStore(client, 'ephemeral', desk.clock.now),
      pager: createListPager(async () => 'a secret that signs cursors'),
      clock: desk.clock.now,
      log: desk.log.log,
      wait: async () => undefined,
    }),
    { idempotency: createIdempotencyStore(client, 'ephemeral', desk.clock.now), clock: desk.clock.now },
  );
  let keys = 0;
  const ask = async (request: TestRequest) => {
    keys += 1;
    const response = await send({ ...request, headers: { 'Idempotency-Key': `key-${keys}`, ...request.headers } });
    return { ...response, json: JSON.parse(response.body) };
  };
  const list = (query: Readonly<Record<string, string | undefined>> = {}) =>
    ask({
      method: 'GET',
      path: '/admin/sweeps',
      query: Object.fromEntries(
        Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value]] as const])),
      ),
      scopes: 'custody:read',
    });
  const get = (id = ID) => ask({ method: 'GET', path: '/admin/sweeps/{id}', params: { id }, scopes: 'custody:read' });
  const retry = (more: Partial<TestRequest> = {}) =>
    ask({
      method: 'POST',
      path: '/admin/sweeps/{id}/retry',
      params: { id: ID },
      body: { reason: 'the token moves again' },
      scopes: 'custody:write',
      ...more,
    });
  const payments = (query: Readonly<Record<string, string>>, scopes = 'orders:read') =>
    ask({
      method: 'GET',
      path: '/admin/payments',
      query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
      scopes,
    });
  /** A sweep of an order in that state. */
  const put = (n: number, status: DepositSweep['status'], chain_id = 31_337) => {
    const of = { order_id: orderId(n), chain_id, wallet_id: TEST_WALLET.id, address: TEST_WALLET.address };
    const { sweep } = nextRound(of, undefined, 1, BY, AT);
    const failure = status === 'failed' ? { code: 'ESTIMATE_REFUSED', message: 'no' } : null;
    const ended = status === 'open' ? sweep : endedRound(sweep, { left: [], failure }, BY, AT).sweep;
    desk.dynamo.put('shop', depositSweepItem(ended));
  };
  return { desk, list, get, retry, put, payments };
}

const idsOf = (answer: { readonly json: { readonly data: readonly { readonly id: string }[] } }) =>
  answer.json.data.map(({ id }) => id);

describe('GET /admin/sweeps', () => {
  it('lists the sweeps of the newest orders first, by pages', async () => {
    const { list, put } = open();
    for (const n of [1, 2, 3]) put(n, 'done');
    put(2, 'open', 1);
    const first = await list({ limit: '3' });
    expect(idsOf(first)).toEqual([`${orderId(3)}-31337`, `${orderId(2)}-31337`, `${orderId(2)}-1`]);
    const second = await list({ limit: '3', cursor: first.json.next_cursor });
    expect(idsOf(second)).toEqual([`${orderId(1)}-31337`]);
    expect(second.json.next_cursor).toBeNull();
  });

  it.each([
    [{ status: 'failed' }, [3]],
    [{ status: 'open' }, [2]],
    [{ chain_id: '1' }, [4]],
    [{ chain_id: '31337', status: 'done' }, [1]],
  ])('with %j lists those', async (query, numbers) => {
    const { list, put } = open();
    put(1, 'done');
    put(2, 'open');
    put(3, 'failed');
    put(4, 'done', 1);
    const answer = await list(query);
    expect(answer.json.data.map(({ order_id }: { order_id: string }) => order_id)).toEqual(numbers.map(orderId));
  });

  it('refuses an unknown filter, and an unknown status', async () => {
    const { list } = open();
    expect((await list({ colour: 'red' })).statusCode).toBe(400);
    expect((await list({ status: 'new' })).statusCode).toBe(400);
  });
});

describe('GET /admin/sweeps/{id}', () => {
  it('shows what was moved, what stays and why', async () => {
    const { desk, get } = open();
    desk.give('coin', TEST_WALLET.address, 10n ** 18n);
    desk.putPayment();
    await desk.runToTheEnd();
    const { json } = await get();
    expect(json).toMatchObject({
      id: ID,
      status: 'done',
      round: 1,
      moves: [{ kind: 'sweep', status: 'confirmed', transaction_id: expect.any(String) }],
      left: [{ reason: 'not_worth_gas' }],
    });
    expect(Object.keys(json)).not.toContain('funders');
  });

  it.each([`${orderId(9)}-31337`, `${orderId(1)}-1`])('of %s is 404: there is none', async (id) => {
    const { get } = open();
    expect(await get(id)).toMatchObject({ statusCode: 404, json: { error: 'SWEEP_NOT_FOUND' } });
  });

  it.each(['ord_1-1', orderId(1), `${orderId(1)}-0`, `${orderId(1)}-x`])('of %s is 400', async (id) => {
    expect((await open().get(id)).statusCode).toBe(400);
  });
});

describe('POST /admin/sweeps/{id}/retry', () => {
  it('opens another round, on record, that the sweeper carries out', async () => {
    const { desk, retry, put } = open();
    put(1, 'failed');
    desk.give('coin', TEST_WALLET.address, 10n ** 18n);
    const answer = await retry();
    expect(answer).toMatchObject({ statusCode: 202, json: { id: ID, status: 'open', round: 2, failure: null } });
    expect((await desk.entries()).at(-1)).toMatchObject({
      action: 'deposit_sweep.opened',
      reason: 'the token moves again',
      detail: { round: 2, payments: 0 },
    });
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', round: 2 });
    expect(desk.transactions()).toMatchObject([{ to: TREASURY.address, status: 'confirmed' }]);
  });

  it('with the same Idempotency-Key has the same answer, and opens one round', async () => {
    const { desk, retry, put } = open();
    put(1, 'done');
    const headers = { 'Idempotency-Key': 'once' };
    const [first, second] = [await retry({ headers }), await retry({ headers })];
    expect([second.statusCode, second.json]).toEqual([202, first.json]);
    expect(desk.sweep()?.round).toBe(2);
  });

  it('that two operators ask for at once is one', async () => {
    const { desk, retry, put } = open();
    put(1, 'failed');
    const answers = await Promise.all([retry(), retry(), retry()]);
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([202, 409, 409]);
    expect(desk.sweep()?.round).toBe(2);
  });

  it.each<[string, Partial<TestRequest>, number]>([
    ['of one that goes on', {}, 409],
    ['without a reason', { body: {} }, 400],
    ['by who may not change custody', { scopes: 'custody:read' }, 403],
    ['of another version', { headers: { 'If-Match': '"v7"' } }, 412],
  ])('%s is refused', async (_what, more, status) => {
    const { desk, retry, put } = open();
    put(1, 'open');
    expect((await retry(more)).statusCode).toBe(status);
    expect(desk.sweep()).toMatchObject({ round: 1, version: 1 });
  });
});

describe('GET /admin/payments', () => {
  const PERIOD = { from: '2026-10-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };
  const at = (block_at: string, n: number, more = {}) => ({ id: `31337:0x${n}:native`, block_at, ...more });

  it('lists the payments of a period with rate and fiat value, the latest first, by pages', async () => {
    const { desk, payments } = open();
    desk.putPayment(at('2026-09-30T23:59:59.999Z', 1));
    desk.putPayment(at('2026-10-01T00:00:00.000Z', 2));
    desk.putPayment(at('2026-11-22T18:00:00.000Z', 3, { status: 'detected', confirmed_at: null }));
    desk.putPayment(at('2026-11-30T23:59:59.999Z', 4, { amount: '1234567' }));
    desk.putPayment(at('2026-12-01T00:00:00.000Z', 5));
    const first = await payments({ ...PERIOD, limit: '2' });
    expect(first.json.data).toMatchObject([
      { id: '31337:0x4:native', amount: '1234567', amount_decimal: '1.234567', rate: '1', fiat_amount: '123' },
      { id: '31337:0x3:native', status: 'detected', fiat_currency: 'USD' },
    ]);
    const second = await payments({ ...PERIOD, limit: '2', cursor: first.json.next_cursor });
    expect(idsOf(second)).toEqual(['31337:0x2:native']);
    expect(second.json.next_cursor).toBeNull();
    expect(idsOf(await payments({ ...PERIOD, status: 'detected' }))).toEqual(['31337:0x3:native']);
  });

  it.each([
    ['no period', { from: PERIOD.from }],
    ['one that ends before it begins', { from: PERIOD.to, to: PERIOD.from }],
    ['more than a year', { from: '2025-01-01T00:00:00.000Z', to: '2026-01-03T00:00:00.000Z' }],
    ['a status that there is not', { ...PERIOD, status: 'paid' }],
    ['another filter', { ...PERIOD, asset: 'ETH' }],
  ])('refuses %s', async (_what, query) => {
    expect((await open().payments(query)).statusCode).toBe(400);
  });

  it('is for who may read orders', async () => {
    expect((await open().payments(PERIOD, 'carts:write')).statusCode).toBe(403);
  });
});
