import { createAuditStore } from '#shared/audit/audit-store.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import type { TestRequest } from './api-request.ts';
import { bindAllRoutes } from './function-routes.ts';
import { TEST_WALLET, unusedCustody } from './ledger-transactions.ts';
import { plainItem } from './memory-dynamo.ts';
import { createTestApi } from './test-api.ts';

/** The routes of a wallet. */
export const BASE = '/admin/wallets/{id}';

/** The policy administration before tables in memory, with the test wallet. */
export function createPolicyOffice() {
  const { functions, desk } = bindAllRoutes();
  desk.dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody() });
  const test = createTestApi(functions['policy-admin'] ?? []);
  const send = async (method: string, path: string, body?: unknown, extra: Partial<TestRequest> = {}) => {
    const answer = await test.send({
      method,
      path: `${BASE}/${path}`,
      params: { id: TEST_WALLET.id },
      scopes: '*',
      ...(body === undefined ? {} : { body }),
      ...extra,
    });
    return { ...answer, json: JSON.parse(answer.body) };
  };
  const row = (sk: string) =>
    desk.dynamo
      .items('ledger')
      .map(plainItem)
      .find((item) => item['pk'] === `${sk}#${TEST_WALLET.id}` && item['sk'] === sk);
  const entries = (stream: string) => createAuditStore(desk.deps.client, 'audit').stored(stream);
  return { ...test, send, row, entries, desk };
}
