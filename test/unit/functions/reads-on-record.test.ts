import { describe, expect, it } from 'vitest';
import { allRoutes } from '#functions/catalogue.ts';
import type { Route } from '#shared/platform/http/route.ts';

const key = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

/**
 * Counts of transactions and chains: their function may write nothing in ledger and audit, and no single thing can be reached for there. And the catalog:
 * it is for everybody who has the shop's publishable key, who all would be rivals for the end of that key's one stream.
 */
const UNRECORDED = [
  'GET /admin/chains',
  'GET /admin/transactions/status',
  'GET /products',
  'GET /products/{sku}',
  'GET /products/{sku}/stock',
];

describe('what shows something to who has a scope', () => {
  it('puts on record whoever is refused it', () => {
    // A publishable key is in every browser: that it is refused something says nothing about anybody.
    const reads = Object.values<Route>(allRoutes).filter(
      ({ method, access }) => method === 'GET' && access !== 'public' && access !== 'carts:write',
    );
    expect(reads.length).toBeGreaterThan(0);
    expect(
      reads
        .filter(({ audited }) => audited === undefined)
        .map(key)
        .toSorted(),
    ).toEqual(UNRECORDED);
  });

  it.each(['/admin/api-keys', '/admin/api-keys/{id}'])('is on record each time if it is of API keys: %s', (path) => {
    const shown = Object.values(allRoutes).filter((route) => route.method === 'GET' && route.path === path);
    expect(shown.map(({ audited }) => audited)).toEqual(['access']);
  });
});
