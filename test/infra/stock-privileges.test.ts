import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bundleDirectory, FUNCTION_NAMES, type FunctionName } from '#lib/bundle.ts';
import { cachedBundles } from '#lib/bundle-cache.ts';
import { ROOT } from '#local/instance.ts';
import { PRIVILEGES } from './support/privilege-table.ts';

/** test/infra/templates.test.ts holds the table against the roles: here is what the table says of rows of stock. */
const OWNER = 'shared/catalog/stock-transactions.ts';
const READS = new Set(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:ConditionCheckItem']);

/** What a function may do with rows of stock, each action once. */
function onStock(name: FunctionName): readonly string[] {
  const granted = Object.entries(PRIVILEGES[name]).flatMap(([resource, actions]) => {
    const [, but, list] = /^table shop(?: rows( but)? (.*))?$/.exec(resource) ?? [];
    if (!/^table shop(?: |$)/.test(resource)) return [];
    const isNamed = list === undefined || list.split(', ').some((one) => one === 'STOCK#*' || one === '*');
    return isNamed === (but === undefined) || list === undefined ? actions : [];
  });
  return [...new Set(granted)].sort();
}

const writers = FUNCTION_NAMES.filter((name) => onStock(name).some((action) => !READS.has(action)));

let bundles: string;
beforeAll(async () => {
  bundles = await cachedBundles(join(ROOT, 'dist', 'bundles'));
});

/** The source files that a function's bundle is made of. */
function sources(name: FunctionName): readonly string[] {
  const directory = bundleDirectory(name, bundles);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.mjs.map') && existsSync(join(directory, file)))
    .flatMap((file) => {
      const text = readFileSync(join(directory, file), 'utf8');
      return z.object({ sources: z.array(z.string()) }).parse(JSON.parse(text)).sources;
    });
}

describe('rows of stock', () => {
  it('are changed by functions that sell, or settle what was sold, and by no others', () => {
    expect([...writers].sort()).toEqual([
      'cart-sweeper',
      'catalog-api',
      'order-expirer',
      'orders-api',
      'payment-scanner',
      'payment-webhooks',
      'refunds-api',
      'storefront-api',
    ]);
  });

  it('are made by the catalog alone, and deleted by nobody', () => {
    const may = (action: string) => FUNCTION_NAMES.filter((name) => onStock(name).includes(action));
    expect(may('dynamodb:PutItem')).toEqual(['catalog-api']);
    expect(may('dynamodb:DeleteItem')).toEqual([]);
    const actions = new Set(writers.flatMap(onStock).filter((action) => !READS.has(action)));
    expect([...actions].sort()).toEqual(['dynamodb:PutItem', 'dynamodb:UpdateItem']);
  });

  it.each(writers)('are changed by %s through the module that owns every write of them', (name) => {
    expect(sources(name).some((source) => source.endsWith(OWNER))).toBe(true);
  });
});
