import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allRoutes, apiFunctions, type Routes } from '#functions/catalogue.ts';
import { honoursIfMatch, type Route } from '#shared/platform/http/route.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';

const { functions } = bindAllRoutes();
const declared: Readonly<Record<string, Routes>> = apiFunctions;
const names = Object.keys(declared);

/** Functions of the API whose names don't end in -api. */
const API_FUNCTIONS = [
  'key-control',
  'key-export',
  'message-signer',
  'payment-webhooks',
  'policy-admin',
  'wallet-provisioner',
  'wallet-rotator',
];

/** Every folder of functions/ that declares routes. */
const folders = readdirSync(fileURLToPath(import.meta.resolve('#functions/catalogue.ts')).replace('catalogue.ts', ''), {
  withFileTypes: true,
})
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .filter((name) => name.endsWith('-api') || API_FUNCTIONS.includes(name));

describe('the catalogue', () => {
  it('has every function that serves the API, and no other', () => {
    expect(names.toSorted()).toEqual(folders.toSorted());
  });

  it('gives every operation to one function', () => {
    const ids = Object.values(declared).flatMap((routes) => Object.keys(routes));
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(allRoutes).toSorted()).toEqual(ids.toSorted());
  });

  it('gives every method and path to one operation', () => {
    const paths = Object.values(allRoutes).map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
    expect(new Set(paths).size).toBe(paths.length);
  });
});

describe.each(names)('%s', (name) => {
  const routes = declared[name] ?? {};
  const bound = functions[name] ?? [];

  it('binds exactly the routes that it declares, each under its own name', () => {
    expect(bound.map(({ id }) => id).toSorted()).toEqual(Object.keys(routes).toSorted());
    for (const { id, route } of bound) expect(route).toBe(routes[id]);
  });

  it('lets nobody run a route without a principal unless it is public', async () => {
    for (const { id, route, run } of bound) {
      if (route.access === 'public') continue;
      const raw = { params: {}, query: {}, body: {} };
      await expect(async () => run(raw, idempotentContext(), undefined, undefined), id).rejects.toThrow(
        'without a principal',
      );
    }
  });
});

describe('what changes something', () => {
  it('puts on record whoever is refused it', () => {
    // A publishable key is in every browser: that it is refused something says nothing about anybody.
    const changing = Object.values<Route>(allRoutes).filter(
      ({ method, access }) => method !== 'GET' && access !== 'public' && access !== 'carts:write',
    );
    const unrecorded = changing.filter(({ audited }) => audited === undefined);
    expect(unrecorded.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });
});

describe('what has versions', () => {
  it('is replaced, changed and removed only at the version that If-Match names, where it is given', () => {
    const changing = Object.values<Route>(allRoutes).filter(({ method }) =>
      ['PUT', 'PATCH', 'DELETE'].includes(method),
    );
    expect(changing.length).toBeGreaterThan(0);
    for (const route of changing) expect(honoursIfMatch(route), `${route.method} ${route.path}`).toBe(true);
  });
});

describe('custody', () => {
  it('puts every access on record: what is shown each time, what changes when it is refused', () => {
    const custody = Object.values(allRoutes).filter(({ tag }) => tag === 'custody' || tag === 'audit');
    expect(custody.length).toBeGreaterThan(0);
    for (const { method, path, audited, idempotent } of custody) {
      // The answer with the key is given once: a record that fails after it would lose it.
      const isRecordedItself = idempotent || path === '/admin/exports/{id}/retrieve';
      expect(audited, `${method} ${path}`).toBe(isRecordedItself ? 'refusals' : 'access');
    }
  });
});
