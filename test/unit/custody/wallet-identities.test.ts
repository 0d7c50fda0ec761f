import { describe, expect, it } from 'vitest';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { createWalletIdentities } from '#shared/custody/wallet-identities.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { storedWallet, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

function tables() {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'] });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  return { dynamo, aws, identities: createWalletIdentities(scriptedDocumentClient(aws), 'ledger') };
}

describe('what never changes of a wallet, for who asks nothing else', () => {
  it('is read once, strongly consistent, and leaves out what may change', async () => {
    const { dynamo, aws, identities } = tables();
    dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet({ label: 'x', paused: true }) });
    const { id, address, purpose, custody } = TEST_WALLET;
    for (let time = 0; time < 2; time += 1) {
      expect(await identities.identity(id)).toEqual({ id, address, purpose, custody });
    }
    expect(aws.requests).toHaveLength(1);
    expect(aws.requests[0]?.body).toMatchObject({ ConsistentRead: true });
  });

  it('of a wallet that is not there is not found, and asked for anew', async () => {
    const { dynamo, identities } = tables();
    const error = await caughtLater(HavenError, () => identities.identity(TEST_WALLET.id));
    expect(error.code).toBe('WALLET_NOT_FOUND');
    dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet() });
    expect(await identities.identity(TEST_WALLET.id)).toMatchObject({ address: TEST_WALLET.address });
  });
});
