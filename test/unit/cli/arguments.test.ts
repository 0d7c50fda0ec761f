import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRoutes } from '#functions/catalogue.ts';
import { readArguments } from '../../../bin/cli/arguments.ts';
import { apiSettings } from '../../../bin/cli/settings.ts';
import { UsageError } from '../../../bin/cli/usage-error.ts';

const { createTransaction, createWallet, getNonces, listOrders, setCartLine, createProduct } = allRoutes;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'haven-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what was typed', () => {
  it('becomes fields of the kinds that the route wants; amounts stay texts', () => {
    const args = ['--wallet-id', 'wal_1', '--chain-id', '31337', '--to', '0xabc', '--value', '100000000000000000000'];
    expect(readArguments(createTransaction, args).body).toEqual({
      wallet_id: 'wal_1',
      chain_id: 31_337,
      to: '0xabc',
      value: '100000000000000000000',
    });
  });

  it('takes fields that are objects, or numbers in them, as JSON', () => {
    const { body } = readArguments(createProduct, ['--sku', '123', '--price', '{"amount":"2500","currency":"USD"}']);
    expect(body).toEqual({ sku: '123', price: { amount: '2500', currency: 'USD' } });
  });

  it('puts parameters of the path in their order', () => {
    expect(readArguments(setCartLine, ['crt_1', 'TEE-M', '--quantity', '2'])).toMatchObject({
      params: { id: 'crt_1', sku: 'TEE-M' },
      body: { quantity: 2 },
    });
  });

  it('takes the query of a GET', () => {
    expect(readArguments(getNonces, ['wal_1', '--chain-id', '1']).params).toEqual({ id: 'wal_1' });
    expect(readArguments(listOrders, ['--status', 'paid', '--limit', '5']).query).toMatchObject({ status: 'paid' });
  });

  it('takes a whole body from a file, and single fields before it', () => {
    const file = join(folder, 'body.json');
    writeFileSync(file, '{"purpose":"user","label":"of the file"}');
    const { body } = readArguments(createWallet, ['--body', `@${file}`, '--label', 'typed']);
    expect(body).toEqual({ purpose: 'user', label: 'typed' });
  });

  it('leaves a value that fits no kind as it is, for the API to say what is wrong with it', () => {
    expect(readArguments(createTransaction, ['--chain-id', 'main']).body).toEqual({ chain_id: 'main' });
  });

  it.each([
    ['an option that the route does not have', ['--walet-id', 'wal_1'], /--walet-id/],
    ['too many parameters', ['one'], /takes nothing/],
    ['a body that is no object', ['--body', '[1]'], /--body/],
    ['a file that is not there', ['--body', '@/nowhere/at-all.json'], /--body.*nowhere/],
    ['a time that is no number', ['--timeout-seconds', 'soon'], /--timeout-seconds/],
  ])('names %s', (_, args, says) => {
    expect(() => readArguments(createTransaction, args)).toThrow(UsageError);
    expect(() => readArguments(createTransaction, args)).toThrow(says);
  });
});

describe('which API is asked', () => {
  it('is the one of --api-url before that of the environment', () => {
    expect(apiSettings('https://one.example/api/v1', { HAVEN_API_URL: 'https://two.example' }).baseUrl).toBe(
      'https://one.example/api/v1',
    );
  });

  it('is asked with the key of the environment, or of a file', () => {
    const file = join(folder, 'key');
    writeFileSync(file, 'hvn_key\n');
    const url = 'https://haven.example/api/v1';
    expect(apiSettings(url, { HAVEN_API_KEY: 'hvn_other' })).toEqual({ baseUrl: url, apiKey: 'hvn_other' });
    expect(apiSettings(url, { HAVEN_API_KEY_FILE: file })).toEqual({ baseUrl: url, apiKey: 'hvn_key' });
    expect(apiSettings(url, {})).toEqual({ baseUrl: url });
  });

  it.each([
    [undefined, /HAVEN_API_URL/],
    ['ftp://haven.example', /http/],
    ['haven', /http/],
  ])('is not %j', (url, says) => {
    expect(() => apiSettings(url, {})).toThrow(says);
  });
});
