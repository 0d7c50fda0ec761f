import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { purposeSchema } from '#shared/custody/wallet.ts';
import { problemSchema } from '#shared/platform/errors/problem.ts';
import { fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { type RawRequest, sendRaw } from '#test/support/raw-request.ts';

/** Its ULID is as good as any, and no wallet's. */
const NO_WALLET = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

let haven: LocalHaven;
let walletId: string;
let newestBefore: readonly unknown[];
beforeAll(async () => {
  haven = localHaven();
  walletId = (await fundedWallet(haven)).id;
  newestBefore = await newest();
});

/**
 * The newest wallet of each purpose, and the transactions of the wallets that are named here. Not deposit wallets, nor whatever is sent: schedules
 * fill the pool and empty the addresses of orders meanwhile.
 */
async function newest(): Promise<readonly unknown[]> {
  const purposes = purposeSchema.options.filter((purpose) => purpose !== 'deposit');
  const pages = await Promise.all([
    ...purposes.map((purpose) => haven.client.listWallets({ query: { purpose, limit: 1 } })),
    ...[walletId, NO_WALLET].map((wallet_id) => haven.client.listTransactions({ query: { wallet_id } })),
  ]);
  return pages.map(({ data }) => data.map(({ id }) => id));
}

interface Case {
  readonly what: string;
  readonly request: () => RawRequest;
  readonly status: number;
  readonly error: string;
  readonly field?: string;
}

function transaction(change: Record<string, unknown>): () => RawRequest {
  return () => ({
    method: 'POST',
    path: '/transactions',
    headers: { 'Idempotency-Key': randomUUID() },
    body: { wallet_id: walletId, chain_id: haven.info.chainId, to: TO, value: '1', ...change },
  });
}

function wallet(body: unknown, headers: Record<string, string> = {}): () => RawRequest {
  return () => ({
    method: 'POST',
    path: '/admin/wallets',
    headers: { 'Idempotency-Key': randomUUID(), ...headers },
    body,
  });
}

const get = (path: string) => (): RawRequest => ({ method: 'GET', path });

const CASES: readonly Case[] = [
  { what: 'malformed JSON', request: wallet('{"purpose":'), status: 400, error: 'INVALID_PARAMETER', field: 'body' },
  { what: 'a body that is no object', request: wallet('[]'), status: 400, error: 'INVALID_PARAMETER', field: 'body' },
  {
    what: 'a body of 1 MB',
    request: wallet({ purpose: 'user', label: 'x'.repeat(1_000_000) }),
    status: 413,
    error: 'PAYLOAD_TOO_LARGE',
  },
  {
    what: 'a body one byte over the cap',
    request: wallet(`{"purpose":"user"}${' '.repeat(65_519)}`),
    status: 413,
    error: 'PAYLOAD_TOO_LARGE',
  },
  {
    what: 'an unknown field',
    request: wallet({ purpose: 'user', colour: 'red' }),
    status: 400,
    error: 'UNKNOWN_FIELD',
    field: 'body.colour',
  },
  {
    what: 'a prototype-polluting field',
    request: wallet('{"purpose":"user","__proto__":{"admin":true}}'),
    status: 400,
    error: 'UNKNOWN_FIELD',
    field: 'body.__proto__',
  },
  {
    what: 'another content type',
    request: wallet('purpose=user', { 'Content-Type': 'application/x-www-form-urlencoded' }),
    status: 415,
    error: 'UNSUPPORTED_MEDIA_TYPE',
    field: 'header.Content-Type',
  },
  { what: 'a missing field', request: wallet({}), status: 400, error: 'INVALID_PARAMETER', field: 'body.purpose' },
  {
    what: 'a value that is none of those allowed',
    request: wallet({ purpose: 'vault' }),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'body.purpose',
  },
  {
    what: 'nesting without end',
    request: wallet(`${'{"tags":'.repeat(3_000)}1${'}'.repeat(3_000)}`),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'body',
  },
  {
    what: 'an Idempotency-Key with spaces',
    request: wallet({ purpose: 'user' }, { 'Idempotency-Key': 'a b' }),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'header.Idempotency-Key',
  },
  {
    what: 'an Idempotency-Key that is too long',
    request: wallet({ purpose: 'user' }, { 'Idempotency-Key': 'k'.repeat(256) }),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'header.Idempotency-Key',
  },
  {
    what: 'an address with a wrong checksum',
    request: transaction({ to: '0x70997970c51812DC3A010C7d01b50e0d17dc79C8' }),
    status: 400,
    error: 'INVALID_ADDRESS',
    field: 'body.to',
  },
  {
    what: 'an address that is too short',
    request: transaction({ to: '0x7099' }),
    status: 400,
    error: 'INVALID_ADDRESS',
    field: 'body.to',
  },
  {
    what: 'an address that is null',
    request: transaction({ to: null }),
    status: 400,
    error: 'INVALID_ADDRESS',
    field: 'body.to',
  },
  {
    what: 'a negative amount',
    request: transaction({ value: '-1' }),
    status: 400,
    error: 'INVALID_AMOUNT',
    field: 'body.value',
  },
  {
    what: 'a fractional amount',
    request: transaction({ value: '1.5' }),
    status: 400,
    error: 'INVALID_AMOUNT',
    field: 'body.value',
  },
  {
    what: 'an amount with an exponent',
    request: transaction({ value: '1e18' }),
    status: 400,
    error: 'INVALID_AMOUNT',
    field: 'body.value',
  },
  {
    what: 'an amount as a JSON number',
    request: transaction({ value: 1 }),
    status: 400,
    error: 'INVALID_AMOUNT',
    field: 'body.value',
  },
  {
    what: 'an amount beyond a uint256',
    request: transaction({ value: (2n ** 256n).toString() }),
    status: 400,
    error: 'INVALID_AMOUNT',
    field: 'body.value',
  },
  {
    what: 'calldata of half a byte',
    request: transaction({ data: '0x123' }),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'body.data',
  },
  {
    what: 'a chain that is not configured',
    request: transaction({ chain_id: 1 }),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'body.chain_id',
  },
  {
    what: 'a time that has passed',
    request: transaction({ valid_until: '2020-01-01T00:00:00Z' }),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'body.valid_until',
  },
  {
    what: 'a wallet that does not exist',
    request: transaction({ wallet_id: NO_WALLET }),
    status: 404,
    error: 'WALLET_NOT_FOUND',
  },
  {
    what: 'an id of another kind',
    request: transaction({ wallet_id: 'tx_01JD8Q4X7M5N2V9C3R6T0W1YZA' }),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'body.wallet_id',
  },
  {
    what: 'an unknown filter',
    request: get('/transactions?colour=red'),
    status: 400,
    error: 'UNKNOWN_FIELD',
    field: 'query.colour',
  },
  {
    what: 'a limit of 0',
    request: get('/transactions?limit=0'),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'query.limit',
  },
  {
    what: 'a limit of 101',
    request: get('/admin/wallets?limit=101'),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'query.limit',
  },
  {
    what: 'a filter given twice',
    request: get('/transactions?limit=1&limit=2'),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'query.limit',
  },
  {
    what: 'a forged cursor',
    request: get('/transactions?cursor=AAAAAAAAAAAAAAAAAAAAAHR4XzAx'),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'query.cursor',
  },
  {
    what: 'a transaction that does not exist',
    request: get('/transactions/tx_01JD8Q4X7M5N2V9C3R6T0W1YZA'),
    status: 404,
    error: 'TRANSACTION_NOT_FOUND',
  },
  {
    what: 'an id in the path that is none',
    request: get('/transactions/42'),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'params.id',
  },
  { what: 'a route that does not exist', request: get('/nowhere'), status: 404, error: 'NOT_FOUND' },
  {
    what: 'a method that the route does not have',
    request: () => ({ method: 'DELETE', path: '/transactions' }),
    status: 404,
    error: 'NOT_FOUND',
  },
  {
    what: 'an audit verification of nothing',
    request: () => ({ method: 'POST', path: '/admin/audit/verify', body: {} }),
    status: 400,
    error: 'INVALID_PARAMETER',
    field: 'body',
  },
];

describe('bad input gets a clear error that names the field', () => {
  it.each(CASES)('$what: $status $error $field', async ({ request, status, error, field }) => {
    const answer = await sendRaw(haven.info, request());
    expect({ status: answer.status, error: answer.body.error, field: answer.field }).toEqual({ status, error, field });
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    const problem = problemSchema.parse(JSON.parse(answer.text));
    expect(problem.request_id).toBe(answer.headers.get('X-Request-Id'));
  });

  it('leaves nothing behind: no wallet and no transaction was made by any of them', async () => {
    expect(await newest()).toEqual(newestBefore);
  });
});
