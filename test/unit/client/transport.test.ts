import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTransport, fillPath } from '#shared/client/transport.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const TIMEOUT_MS = 5_000;

let server: ScriptedServer;

beforeEach(async () => {
  server = await startScriptedServer();
});

afterEach(() => server.close());

const transport = (suffix = '') =>
  createTransport({ baseUrl: server.baseUrl + suffix, apiKey: 'hvn_test_a_b', fetch, timeoutMs: TIMEOUT_MS });

describe('a path', () => {
  it('holds its parameters encoded', () => {
    expect(fillPath('/a/{id}/b/{sku}', { id: 'x/../y?#', sku: 'ü 1' })).toBe('/a/x%2F..%2Fy%3F%23/b/%C3%BC%201');
  });

  it.each(['', '.', '..'])('is refused when a parameter would lead to another: "%s"', (id) => {
    expect(() => fillPath('/admin/wallets/{id}', { id })).toThrow(TypeError);
  });

  it.each([undefined, null, {}, ['a']])('is refused when a parameter is no plain value: %s', (id) => {
    expect(() => fillPath('/admin/wallets/{id}', { id })).toThrow(TypeError);
  });
});

describe('a request', () => {
  it('goes below the base URL, with or without a slash at its end', async () => {
    server.will({ status: 200 }, { status: 200 });
    await transport()({ method: 'GET', path: '/health' });
    await transport('/')({ method: 'GET', path: '/health' });
    expect(server.seen.map(({ url }) => url)).toEqual(['/some/prefix/api/v1/health', '/some/prefix/api/v1/health']);
  });

  it('carries the key, the query without what is undefined, and the body as JSON', async () => {
    server.will({ status: 200 });
    await transport()({
      method: 'POST',
      path: '/a',
      query: { limit: 5, tag: 'k:v&w', cursor: undefined },
      body: { a: 1 },
    });
    expect(server.seen).toMatchObject([
      {
        method: 'POST',
        url: '/some/prefix/api/v1/a?limit=5&tag=k%3Av%26w',
        headers: { authorization: 'Bearer hvn_test_a_b', 'content-type': 'application/json' },
        body: '{"a":1}',
      },
    ]);
  });

  it('without a body has no content type', async () => {
    server.will({ status: 200 });
    await transport()({ method: 'POST', path: '/a' });
    expect(server.seen[0]?.headers['content-type']).toBeUndefined();
    expect(server.seen[0]?.body).toBe('');
  });

  it('sends a text as it is, under the headers it is given', async () => {
    server.will({ status: 200 });
    await transport()({ method: 'POST', path: '/a', body: '{"a":', headers: { 'Content-Type': 'text/plain' } });
    expect(server.seen).toMatchObject([{ body: '{"a":', headers: { 'content-type': 'text/plain' } }]);
  });

  it('has no query that is not made of plain values', async () => {
    await expect(transport()({ method: 'GET', path: '/a', query: { tag: ['x'] } })).rejects.toThrow(TypeError);
    expect(server.seen).toEqual([]);
  });
});

describe('an answer', () => {
  it('is given as it is, whatever its status', async () => {
    server.will({ status: 418, headers: { 'X-Request-Id': 'req_1' }, body: { short: true } });
    const { status, headers, body } = await transport()({ method: 'GET', path: '/a' });
    expect([status, headers.get('x-request-id'), body]).toEqual([418, 'req_1', { short: true }]);
  });

  it('that is no JSON is a text', async () => {
    server.will({ status: 200, body: '<p>1</p>' }, { status: 200, body: '1' });
    expect((await transport()({ method: 'GET', path: '/a' })).body).toBe('<p>1</p>');
    expect((await transport()({ method: 'GET', path: '/a' })).body).toBe('1');
  });

  it('that claims to be JSON and is not, is a text', async () => {
    server.will({ status: 502, headers: { 'Content-Type': 'application/json' }, body: '<html>' });
    expect((await transport()({ method: 'GET', path: '/a' })).body).toBe('<html>');
  });

  it('that redirects is not followed, so that the key is shown to nobody else', async () => {
    server.will({ status: 302, headers: { Location: 'http://127.0.0.1:9/' } });
    expect((await transport()({ method: 'GET', path: '/a' })).status).toBe(302);
  });
});

it('a base URL that is none is refused at once', () => {
  expect(() => createTransport({ baseUrl: 'haven', apiKey: undefined, fetch, timeoutMs: TIMEOUT_MS })).toThrow(
    TypeError,
  );
});
