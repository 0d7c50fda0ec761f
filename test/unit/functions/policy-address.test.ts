import { describe, expect, it } from 'vitest';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
import { storedWallet, TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { plainItem } from '#test/support/fakes/memory-dynamo.ts';
import { storedPolicy } from '#test/support/fakes/policies.ts';
import { createTestApi } from '#test/support/fakes/test-api.ts';

function office() {
  const { functions, desk } = bindAllRoutes();
  const api = createTestApi(functions['policy-admin'] ?? []);
  const put = async (body: object) => {
    const answer = await api.send({
      ...{ method: 'PUT', path: '/admin/wallets/{id}/policy', params: { id: TEST_WALLET.id }, scopes: '*', body },
    });
    return JSON.parse(answer.body);
  };
  const policy = () =>
    desk.dynamo
      .items('ledger')
      .map(plainItem)
      .find(({ pk }) => pk === policyKey(TEST_WALLET.id).pk);
  return { desk, put, policy };
}

describe('the address in the row of a policy', () => {
  it('is that of the wallet when it first got one: whoever puts the row of the wallet later does not change it', async () => {
    const { desk, put, policy } = office();
    const answer = await put({ message_signing: true });
    expect(answer).not.toHaveProperty('address');
    expect(policy()).toMatchObject({ address: TEST_WALLET.address, version: 1 });
    desk.dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet({ address: TEST_RECIPIENT }) });
    await put({ message_signing: false });
    expect(policy()).toMatchObject({ address: TEST_WALLET.address, version: 2 });
  });

  it('comes to one from before it was kept by putting it again as it is', async () => {
    const { desk, put, policy } = office();
    desk.dynamo.put('ledger', { ...policyKey(TEST_WALLET.id), ...storedPolicy() });
    await put({});
    expect(policy()).toMatchObject({ address: TEST_WALLET.address, version: 2 });
    await put({});
    expect(policy()).toMatchObject({ version: 2 });
  });
});
