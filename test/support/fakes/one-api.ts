import * as z from 'zod';
import type { TestRequest } from './api-request.ts';
import { bindAllRoutes } from './function-routes.ts';
import { createTestApi } from './test-api.ts';

/** A page of any list, as far as tests look at it. */
export const pageSchema = z.object({ data: z.array(z.object({ id: z.string() })), next_cursor: z.string().nullable() });

/** One function's API before tables in memory. */
export function createOneApi(name: string, dependencies: Parameters<typeof bindAllRoutes>[0] = []) {
  const { functions, desk, metrics, opsLog } = bindAllRoutes(dependencies);
  const test = createTestApi(functions[name] ?? [], { idempotency: desk.deps.idempotency });
  const ask = async (request: TestRequest): Promise<unknown> => {
    const { body } = await test.send({ scopes: '*', ...request });
    return JSON.parse(body);
  };
  const idsOf = async (request: TestRequest) => pageSchema.parse(await ask(request)).data.map(({ id }) => id);
  const post = (path: string, body: unknown, method = 'POST') =>
    test.send({
      method,
      path,
      body,
      scopes: '*',
      headers: { 'Idempotency-Key': `${method} ${path}`.replace(/ /g, '-') },
    });
  return { ...test, ask, idsOf, post, desk, auditMetrics: metrics, opsLog };
}
