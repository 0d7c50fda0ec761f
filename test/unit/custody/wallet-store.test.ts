import { describe, expect, it } from 'vitest';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { USABLE_FOR_MS } from '#shared/custody/use-wallet.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { createWalletStore, putWallet } from '#shared/custody/wallet-store.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { storedWallet, TEST_RECIPIENT, TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { storedPolicy } from '#test/support/fakes/policies.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const DEADLINE = Deadline.in(1_000, createFakeClock().now);

async function storeWith(wallets: readonly Wallet[]) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'] });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const client = scriptedDocumentClient(aws);
  for (const wallet of wallets) {
    const write = new WriteTransaction();
    putWallet(write, 'ledger', wallet, emptyHead(wallet.id));
    await write.commit(client, DEADLINE);
  }
  return { aws, dynamo, store: createWalletStore(client, 'ledger') };
}

describe('one wallet', () => {
  it('is read as it was stored, strongly consistent', async () => {
    const { store, aws } = await storeWith([storedWallet()]);
    expect(await store.get(TEST_WALLET.id)).toEqual(storedWallet());
    expect(aws.requests.at(-1)?.body).toMatchObject({ ConsistentRead: true });
  });

  it('that is not there is WALLET_NOT_FOUND, whatever is asked of it', async () => {
    const { store } = await storeWith([]);
    for (const ask of [store.get, store.identity, store.custodyState]) {
      expect((await caughtLater(HavenError, () => ask('wal_none'))).code).toBe('WALLET_NOT_FOUND');
    }
  });

  it('has a custody state of its own', async () => {
    const { store, dynamo } = await storeWith([storedWallet()]);
    dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody({ paused: true }) });
    expect(await store.custodyState(TEST_WALLET.id)).toEqual(unusedCustody({ paused: true }));
    expect((await store.get(TEST_WALLET.id)).paused).toBe(false);
  });

  it('exists once per id and per address', async () => {
    const wallets = [
      [storedWallet(), storedWallet({ address: TEST_RECIPIENT })],
      [storedWallet(), storedWallet({ id: 'wal_other' })],
      [storedWallet(), storedWallet({ id: 'wal_other', address: TEST_WALLET.address.toLowerCase() })],
    ];
    for (const pair of wallets) {
      expect((await caughtLater(HavenError, () => storeWith(pair))).code).toBe('WALLET_ALREADY_EXISTS');
    }
  });
});

describe('what never changes of a wallet', () => {
  it('is read once and then remembered', async () => {
    const { store, aws } = await storeWith([storedWallet()]);
    const before = aws.requests.length;
    expect(await store.identity(TEST_WALLET.id)).toEqual(TEST_WALLET);
    expect(await store.identity(TEST_WALLET.id)).toEqual(TEST_WALLET);
    expect(aws.requests).toHaveLength(before + 1);
  });

  it('leaves out what may change', async () => {
    const { store } = await storeWith([storedWallet({ label: 'x', paused: true })]);
    expect(Object.keys(await store.identity(TEST_WALLET.id)).toSorted()).toEqual([
      'address',
      'custody',
      'id',
      'purpose',
    ]);
  });
});

describe('whether a wallet may be used', () => {
  const unusable = [
    ['paused', { paused: true }, 'POLICY_VIOLATION', { rule: 'paused', reason: 'paused' }],
    ['revoked', { status: 'revoked' }, 'WALLET_REVOKED', { status: 'revoked' }],
    ['revoked and paused', { status: 'revoked', paused: true }, 'WALLET_REVOKED', { status: 'revoked' }],
    ['rotated', { status: 'rotated', successor_id: 'wal_2' }, 'WALLET_ROTATED', { successor_id: 'wal_2' }],
  ] as const;

  it('is asked once in five seconds', async () => {
    const clock = createFakeClock();
    const { dynamo, aws } = await storeWith([storedWallet()]);
    const store = createWalletStore(scriptedDocumentClient(aws), 'ledger', clock.now);
    const before = aws.requests.length;
    await store.usable(TEST_WALLET.id);
    clock.advance(USABLE_FOR_MS - 1);
    expect(await store.usable(TEST_WALLET.id)).toEqual(TEST_WALLET);
    expect(aws.requests).toHaveLength(before + 1);
    dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet({ paused: true }) });
    clock.advance(1);
    expect((await caughtLater(HavenError, () => store.usable(TEST_WALLET.id))).code).toBe('POLICY_VIOLATION');
  });

  it.each(unusable)('is no when it is %s, and that is not remembered', async (_name, change, code, details) => {
    const { dynamo, store } = await storeWith([storedWallet(change)]);
    dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody(change) });
    for (let time = 0; time < 2; time += 1) {
      expect(await caughtLater(HavenError, () => store.usable(TEST_WALLET.id))).toMatchObject({
        code,
        details: { wallet_id: TEST_WALLET.id, ...details },
      });
    }
    dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet() });
    dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody() });
    expect(await store.usable(TEST_WALLET.id)).toEqual(TEST_WALLET);
  });

  it('is not known from its identity alone', async () => {
    const { store } = await storeWith([storedWallet({ paused: true })]);
    await store.identity(TEST_WALLET.id);
    await expect(store.usable(TEST_WALLET.id)).rejects.toThrow(HavenError);
  });
});

describe('a wallet that requests may use', () => {
  it('comes with its policy by one request, and from memory for five seconds', async () => {
    const { dynamo, aws } = await storeWith([storedWallet()]);
    const policy = storedPolicy({ message_signing: true });
    dynamo.put('ledger', { ...policyKey(TEST_WALLET.id), ...policy });
    const clock = createFakeClock();
    const store = createWalletStore(scriptedDocumentClient(aws), 'ledger', clock.now);
    const before = aws.requests.length;
    expect(await store.usable(TEST_WALLET.id)).toEqual({ ...TEST_WALLET, policy });
    clock.advance(USABLE_FOR_MS - 1);
    await store.usable(TEST_WALLET.id);
    expect(aws.requests.slice(before).map(({ operation }) => operation)).toEqual(['BatchGetItem']);
    expect(aws.requests.at(-1)?.body).toMatchObject({ RequestItems: { ledger: { ConsistentRead: true } } });
    dynamo.put('ledger', { ...policyKey(TEST_WALLET.id), ...storedPolicy({}, 2) });
    clock.advance(1);
    expect((await store.usable(TEST_WALLET.id)).policy?.version).toBe(2);
  });

  it('has none as long as it was never given one, whoever asked for its identity before', async () => {
    const { store } = await storeWith([storedWallet()]);
    await store.identity(TEST_WALLET.id);
    expect(await store.usable(TEST_WALLET.id)).toEqual({ ...TEST_WALLET, policy: undefined });
  });

  it('is not one whose policy was learned while it was paused', async () => {
    const { store } = await storeWith([storedWallet({ paused: true })]);
    for (let ask = 0; ask < 2; ask += 1) {
      const error = await caughtLater(HavenError, () => store.usable(TEST_WALLET.id));
      expect(error).toMatchObject({ code: 'POLICY_VIOLATION', details: { rule: 'paused' } });
    }
  });
});
