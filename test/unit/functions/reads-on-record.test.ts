import { describe, expect, it } from 'vitest';
import { allRoutes } from '#functions/catalogue.ts';
import type { Route } from '#shared/platform/http/route.ts';

const key = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

/** Their function may write nothing in ledger and audit, and shows counts and chains: no single thing can be reached for there. */
const UNRECORDED = ['GET /admin/transactions/status', 'GET /admin/chains'];

describe('what shows something to who has a scope', () => {
  it('puts on record whoever is refused it', () => {
    // A publishable key is in every browser: that it is refused something says nothing about anybody.
    const reads = Object.values<Route>(allRoutes).filter(
      ({ method, access }) => method === 'GET' && access !== 'public' && access !== 'carts:write',
    );
    expect(reads.length).toBeGreaterThan(0);
    expect(reads.filter(({ audited }) => audited === undefined).map(key)).toEqual(UNRECORDED);
  });

  it.each(['/admin/api-keys', '/admin/api-keys/{id}'])('is on record each time if it is of API keys: %s', (path) => {
    const shown = Object.values(allRoutes).filter((route) => route.method === 'GET' && route.path === path);
    expect(shown.map(({ audited }) => audited)).toEqual(['access']);
  });
});
