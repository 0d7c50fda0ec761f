import { describe, expect, it } from 'vitest';
import { createCartDesk } from '#test/support/fakes/cart-desk.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';

const QUANTITY = 'must be a whole number from 1 to 10000';

async function put(sku: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const desk = createCartDesk();
  desk.stock();
  const { id, token } = await desk.create();
  const response = await desk.api.send({
    method: 'PUT',
    path: '/carts/{id}/lines/{sku}',
    params: { id, sku },
    body,
    scopes: 'carts:write',
    headers: { 'X-Cart-Token': token, 'Content-Type': 'application/json', ...headers },
  });
  expect(desk.stored(id)?.version).toBe(response.statusCode === 200 ? 2 : 1);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  return response;
}

describe('a quantity', () => {
  it.each([
    ['zero', '0'],
    ['negative', '-1'],
    ['fractional', '1.5'],
    ['tiny', '1e-7'],
    ['above the limit', '10001'],
    ['huge', '1e308'],
    ['beyond all numbers', '1e999'],
    ['beyond what a number holds exactly', '9007199254740993'],
    ['a text', '"2"'],
    ['a text with an exponent', '"1e3"'],
    ['null', 'null'],
    ['a list', '[2]'],
    ['a boolean', 'true'],
  ])('that is %s is refused, and the field named', async (_name, quantity) => {
    const response = await put('TEE-M', `{"quantity":${quantity}}`);
    expect(response.statusCode).toBe(400);
    expect(problemOf(response)).toMatchObject({
      error: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'body.quantity', message: QUANTITY }] },
    });
  });

  it('that is missing is refused, and the field named', async () => {
    expect(problemOf(await put('TEE-M', {})).details['fields']).toEqual([
      { field: 'body.quantity', message: QUANTITY },
    ]);
  });

  it('in scientific notation that is a whole number is one', async () => {
    expect((await put('TEE-M', '{"quantity":1e1}')).statusCode).toBe(200);
  });
});

describe('a SKU', () => {
  it.each([
    ['empty', ''],
    ['too long', 'A'.repeat(65)],
    ['with a look-alike', 'TEE-М'],
    ['with a combining mark', 'TÉE'.normalize('NFD')],
    ['right to left', '\u202eM-EET'],
    ['of full-width letters', 'ＴＥＥ'],
    ['with an emoji', 'TEE-👕'],
    ['with a separator of keys', 'TEE#0'],
    ['with a slash', 'TEE/M'],
    ['with a space', 'TEE M'],
    ['with a zero byte', 'TEE\u0000M'],
    ['that begins with a dot', '..'],
    ['a prototype', '__proto__'],
  ])('that is %s is refused, and the parameter named', async (_name, sku) => {
    const response = await put(sku, { quantity: 1 });
    expect(response.statusCode).toBe(400);
    expect(problemOf(response)).toMatchObject({
      error: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'params.sku' }] },
    });
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'that names what every object has is a SKU that there is none of: %s',
    async (sku) => {
      expect(problemOf(await put(sku, { quantity: 1 })).error).toBe('PRODUCT_NOT_FOUND');
    },
  );
});

describe('a body', () => {
  it.each([
    ['__proto__', '{"quantity":1,"__proto__":{"polluted":true}}'],
    ['constructor', '{"quantity":1,"constructor":{"prototype":{"polluted":true}}}'],
    ['price', '{"quantity":1,"price":{"amount":"1","currency":"USD"}}'],
    ['unit_price', '{"quantity":1,"unit_price":"1"}'],
    ['lines', `{"quantity":1,"lines":${JSON.stringify(Array.from({ length: 101 }, () => ({ sku: 'TEE-M' })))}}`],
    ['offer', '{"quantity":1,"offer":1}'],
  ])('with a field of its own making is refused, and the field named: %s', async (field, body) => {
    const response = await put('TEE-M', body);
    expect(response.statusCode).toBe(400);
    expect(problemOf(response)).toMatchObject({
      error: 'UNKNOWN_FIELD',
      details: { fields: [{ field: `body.${field}` }] },
    });
  });

  it.each([
    ['no JSON', '{"quantity":'],
    ['a list', '[1]'],
    ['a text', '"quantity"'],
    ['deeply nested', `${'['.repeat(100)}${']'.repeat(100)}`],
  ])('that is %s is refused', async (_name, body) => {
    expect((await put('TEE-M', body)).statusCode).toBe(400);
  });

  it('whose `reserve` is no boolean is refused, and the field named', async () => {
    const problem = problemOf(await put('TEE-M', { quantity: 1, reserve: 'yes' }));
    expect(problem).toMatchObject({ error: 'INVALID_PARAMETER', details: { fields: [{ field: 'body.reserve' }] } });
  });

  it('of a new cart has no fields', async () => {
    const desk = createCartDesk();
    const response = await desk.api.send({
      method: 'POST',
      path: '/carts',
      body: { lines: [{ sku: 'TEE-M', quantity: 1 }] },
      scopes: 'carts:write',
      headers: { 'Idempotency-Key': 'k' },
    });
    expect(problemOf(response)).toMatchObject({
      error: 'UNKNOWN_FIELD',
      details: { fields: [{ field: 'body.lines' }] },
    });
  });
});

describe('who has not the token', () => {
  it.each([
    ['none', {}],
    ['an empty one', { 'X-Cart-Token': '' }],
    ['one that can be none', { 'X-Cart-Token': 'x' }],
    ['another', { 'X-Cart-Token': 'A'.repeat(43) }],
    ['one in the header of orders', { 'X-Order-Token': 'A'.repeat(43) }],
  ])('shows %s, and is told the same of every cart: there is none', async (_name, headers) => {
    const desk = createCartDesk();
    const { id } = await desk.create();
    const unknown = 'crt_01JD8Q4X7M5N2V9C3R6T0W1YZA';
    const answers = await Promise.all(
      [id, unknown].map(async (one) => {
        const response = await desk.api.send({
          path: '/carts/{id}',
          params: { id: one },
          scopes: 'carts:write',
          headers,
        });
        const { error, message, details } = problemOf(response);
        return [response.statusCode, error, message.replace(one, ''), details];
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.slice(0, 2)).toEqual([404, 'CART_NOT_FOUND']);
  });

  it('nor the scope, is told that', async () => {
    const desk = createCartDesk();
    const { id, token } = await desk.create();
    const response = await desk.api.send({
      path: '/carts/{id}',
      params: { id },
      scopes: 'catalog:read orders:read',
      headers: { 'X-Cart-Token': token },
    });
    expect([response.statusCode, problemOf(response).details]).toEqual([403, { scope: 'carts:write' }]);
  });
});
