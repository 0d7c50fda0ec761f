import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { allRoutes } from '#functions/catalogue.ts';
import { problemSchema } from '#shared/platform/errors/problem.ts';
import { commonErrors, type Route } from '#shared/platform/http/route.ts';
import { arbitraryOf, nonsense, spoiled } from '#test/support/json-schema-arbitrary.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { type RawAnswer, sendRaw } from '#test/support/raw-request.ts';

/** Requests per route: half of them nearly valid, half spoiled. */
const RUNS = 40;
/** Fixed, so that a failure can be run again. */
const SEED = 20_261_121;

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

const requestOf = (route: Route) => {
  const jsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const part = (schema: z.ZodType) => {
    const valid = arbitraryOf(jsonSchema(schema));
    return fc.oneof(valid, spoiled(valid));
  };
  return fc.record({
    params: part(route.params),
    query: part(route.query),
    body: fc.oneof({ weight: 4, arbitrary: part(route.body) }, { weight: 1, arbitrary: nonsense }),
    key: fc.oneof(fc.uuid(), fc.string()),
  });
};

async function send(
  route: Route,
  request: { params: unknown; query: unknown; body: unknown; key: string },
): Promise<RawAnswer> {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const members = (value: unknown) => (typeof value === 'object' && value !== null ? Object.entries(value) : []);
  let path: string = route.path;
  // An empty or dotted part would be another path; that other routes answer is another test's matter.
  for (const [name, value] of members(request.params))
    path = path.replace(`{${name}}`, encodeURIComponent(text(value)).replace(/^\.*$/, 'x'));
  const query = new URLSearchParams(
    members(request.query).map(([name, value]) => [name, text(value)] as [string, string]),
  ).toString();
  return sendRaw(haven.info, {
    method: route.method,
    path: `${path.replaceAll(/\{\w+\}/g, 'missing')}${query === '' ? '' : `?${query}`}`,
    headers: route.idempotent && /^[\x21-\x7e]+$/.test(request.key) ? { 'Idempotency-Key': request.key } : {},
    ...(route.method === 'GET' ? {} : { body: JSON.stringify(request.body) }),
  });
}

describe('every route, fuzzed from its own declaration', () => {
  it.each(Object.entries<Route>(allRoutes))(
    '%s: never a 5xx, always the declared answer, never a secret',
    async (_name, route) => {
      const declared = new Set<string>([...commonErrors(route), ...route.errors, 'NOT_FOUND']);
      await fc.assert(
        fc.asyncProperty(requestOf(route), async (request) => {
          const answer = await send(route, request);
          expect(answer.status, answer.text).toBeLessThan(500);
          expect(answer.text).not.toContain(haven.info.adminApiKey);
          if (answer.status < 400) {
            // Equal, not only valid: parsing drops what is not declared.
            const body: unknown = route.contentType === undefined ? JSON.parse(answer.text) : undefined;
            if (body !== undefined) expect(route.response.parse(body)).toEqual(body);
            return;
          }
          const problem = problemSchema.parse(JSON.parse(answer.text));
          expect(declared, `${problem.error}: ${problem.message}`).toContain(problem.error);
        }),
        { seed: SEED, numRuns: RUNS },
      );
    },
  );
});
