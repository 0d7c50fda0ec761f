import { describe, expect, it } from 'vitest';
import { createCatalogDesk } from '#test/support/fakes/catalog-desk.ts';
import { stocked, TEE } from '#test/support/fakes/stocked-catalog.ts';

describe('what can not be a product', () => {
  const amounts = [
    '-1',
    '0',
    '00',
    '01',
    '1.5',
    '1e3',
    '1E3',
    '+1',
    ' 1',
    '1 ',
    '',
    '0x10',
    '1_000',
    '٣',
    `1${'0'.repeat(15)}`,
    2500,
    null,
    true,
    ['1'],
  ];
  it.each(amounts)('a price of %j is INVALID_AMOUNT', async (amount) => {
    const desk = createCatalogDesk();
    const { statusCode, json } = await desk.send('POST', '/products', { ...TEE, price: { amount, currency: 'USD' } });
    expect([statusCode, json.error]).toEqual([400, 'INVALID_AMOUNT']);
    expect(desk.dynamo.items('shop')).toEqual([]);
  });

  it('the largest price is one of 15 digits', async () => {
    const desk = await stocked({ price: { amount: '9'.repeat(15), currency: 'JPY' } });
    expect(desk.product('TEE-M').price).toEqual({ amount: '9'.repeat(15), currency: 'JPY' });
  });

  it.each(['usd', 'XXX', 'XTS', 'BTC', 'EURO', '', 'US', '$', null, 840])(
    'the currency %j is refused',
    async (currency) => {
      const { json } = await createCatalogDesk().send('POST', '/products', {
        ...TEE,
        price: { amount: '1', currency },
      });
      expect(json.error).toBe('INVALID_PARAMETER');
      expect(json.details.fields[0].field).toBe('body.price.currency');
    },
  );

  it.each([
    ['sku', ''],
    ['sku', '-TEE'],
    ['sku', 'TEE M'],
    ['sku', 'TEE/M'],
    ['sku', 'TEE#0'],
    ['sku', 'TEE\n'],
    ['sku', 'x'.repeat(65)],
    ['sku', 'ＴＥＥ'],
    ['sku', '👕'],
    ['name', ''],
    ['name', '   '],
    ['name', 'a\nb'],
    ['name', 'a\u202eb'],
    ['name', '\ud800'],
    ['name', 'x'.repeat(201)],
    ['stock', -1],
    ['stock', 1.5],
    ['stock', 1e21],
    ['stock', '50'],
    ['stock', 1_000_000_001],
    ['max_per_order', 0],
    ['max_per_order', 10_001],
    ['low_stock_at', -1],
    ['invoice_minutes', 4],
    ['invoice_minutes', 10_081],
    ['stock_shards', 0],
    ['stock_shards', 17],
    ['stock_shards', 2.5],
    ['active', 'yes'],
  ])('%s of %j is refused by name, and nothing is stored', async (field, value) => {
    const desk = createCatalogDesk();
    const { statusCode, json } = await desk.send('POST', '/products', { ...TEE, [field]: value });
    expect([statusCode, json.error]).toEqual([400, 'INVALID_PARAMETER']);
    expect(json.details.fields[0].field).toBe(`body.${field}`);
    expect(desk.dynamo.items('shop')).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'reserved', 'offer', 'version', 'available'])(
    'a field named %s is UNKNOWN_FIELD, and pollutes nothing',
    async (name) => {
      const desk = createCatalogDesk();
      const body = JSON.stringify(TEE).replace('{', `{${JSON.stringify(name)}:{"polluted":true},`);
      const answer = await desk.api.send({
        ...{ method: 'POST', path: '/products', body, scopes: '*' },
        headers: { 'Idempotency-Key': 'k', 'Content-Type': 'application/json' },
      });
      expect(answer.statusCode).toBe(400);
      expect(JSON.parse(answer.body).error).toBe('UNKNOWN_FIELD');
      expect(Object.getPrototypeOf({})).not.toHaveProperty('polluted');
      expect(desk.dynamo.items('shop')).toEqual([]);
    },
  );

  it.each(['__proto__', 'constructor', 'toString'])('the SKU %s is one like any other, or none', async (sku) => {
    const desk = createCatalogDesk();
    const created = await desk.send('POST', '/products', { ...TEE, sku });
    const wellFormed = /^[A-Za-z0-9]/.test(sku);
    expect(created.statusCode).toBe(wellFormed ? 201 : 400);
    if (wellFormed) expect((await desk.send('GET', `/products/${sku}/stock`)).json).toMatchObject({ sku, on_hand: 50 });
  });
});
