import { describe, expect, it } from 'vitest';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { createWallet, type NewWallet } from '#shared/custody/create-wallet.ts';
import type { KeyContext } from '#shared/custody/envelope.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { KEY_ENCODINGS, survives, TEST_PRIVATE_KEY, textOf } from '#test/support/fakes/key-encodings.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';
import { testKeyBytes } from '#test/support/fakes/test-signer.ts';

const AT = isoTime(TEST_NOW_MS);
const INPUT: NewWallet = {
  purpose: 'treasury',
  custody: 'envelope',
  label: 'main',
  tags: { region: 'eu', tier: 'gold' },
};
const WALLET = {
  ...INPUT,
  id: TEST_WALLET.id,
  address: TEST_WALLET.address,
  status: 'active',
  paused: false,
  created_at: AT,
  version: 1,
};
const CIPHERTEXT = new Uint8Array([2, 4, 120]);

/** Everything that creating needs; the key is one that the test can look at. */
function provisioning(encrypt: () => Promise<Uint8Array> = async () => CIPHERTEXT) {
  const dynamo = createMemoryDynamo({
    ledger: ['pk', 'sk'],
    keys: ['pk'],
    audit: ['pk', 'seq'],
    ephemeral: ['pk'],
  });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const generated: Uint8Array[] = [];
  const encrypted: { readonly key: string; readonly context: KeyContext }[] = [];
  const deps = {
    client,
    tables: { ledger: 'ledger', keys: 'keys', audit: 'audit' },
    encryptor: {
      encrypt(key: Uint8Array, context: KeyContext) {
        encrypted.push({ key: Buffer.from(key).toString('hex'), context });
        return encrypt();
      },
    },
    idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
    clock: clock.now,
    newId: () => TEST_WALLET.id,
    metrics: metrics.metrics,
    generateKey() {
      const key = testKeyBytes();
      generated.push(key);
      return key;
    },
  };
  const create = () => createWallet(deps, INPUT, idempotentContext({ log: log.log }));
  return { dynamo, aws, log, metrics, generated, encrypted, create };
}

const isZero = (key: Uint8Array) => key.every((byte) => byte === 0);

describe('creating a wallet', () => {
  it('gives back its address and what was asked for', async () => {
    expect(await provisioning().create()).toEqual(WALLET);
  });

  it('encrypts the key once, bound to wallet, address and purpose', async () => {
    const { create, encrypted } = provisioning();
    await create();
    expect(encrypted).toEqual([
      {
        key: TEST_PRIVATE_KEY,
        context: { wallet_id: TEST_WALLET.id, address: TEST_WALLET.address, purpose: 'treasury' },
      },
    ]);
  });

  it('stores answer, wallet, address, tags, key and audit entry in one transaction, all of them new', async () => {
    const { create, aws } = provisioning();
    await create();
    const { entry } = nextEntry(
      TEST_WALLET.id,
      emptyHead(TEST_WALLET.id),
      {
        action: 'wallet.created',
        actor: 'key_tester',
        severity: 'INFO',
        request_id: 'request-1',
        detail: { address: TEST_WALLET.address, purpose: 'treasury', custody: 'envelope' },
      },
      AT,
    );
    const wallet = `WALLET#${TEST_WALLET.id}`;
    expect(aws.requests.map(({ operation }) => operation)).toEqual(['GetItem', 'TransactWriteItems']);
    const items = aws.requests[1]?.body['TransactItems'];
    expect(items).toHaveLength(7);
    expect(items).toMatchObject([
      { Put: { TableName: 'ephemeral', Item: { status: { N: '201' }, answer: { S: JSON.stringify(WALLET) } } } },
      {
        Put: {
          TableName: 'ledger',
          Item: {
            pk: { S: wallet },
            sk: { S: 'WALLET' },
            gsi1pk: { S: 'WALLETS' },
            gsi2pk: { S: 'WALLETS#treasury#active' },
            status: { S: 'active' },
            paused: { BOOL: false },
            first_entry_hash: { S: entry.hash },
          },
        },
      },
      {
        Put: {
          TableName: 'ledger',
          Item: { pk: { S: `ADDRESS#${TEST_WALLET.address.toLowerCase()}` }, wallet_id: { S: TEST_WALLET.id } },
        },
      },
      { Put: { TableName: 'ledger', Item: { pk: { S: 'WALLET_TAG#region=eu' }, sk: { S: TEST_WALLET.id } } } },
      { Put: { TableName: 'ledger', Item: { pk: { S: 'WALLET_TAG#tier=gold' }, sk: { S: TEST_WALLET.id } } } },
      {
        Put: {
          TableName: 'keys',
          Item: { pk: { S: TEST_WALLET.id }, ciphertext: { B: Buffer.from(CIPHERTEXT).toString('base64') } },
        },
      },
      { Put: { TableName: 'audit', Item: { pk: { S: TEST_WALLET.id }, seq: { N: '1' }, hash: { S: entry.hash } } } },
    ]);
    for (const n of [1, 2, 3, 4, 5, 6]) {
      expect(items).toHaveProperty([n, 'Put', 'ConditionExpression'], 'attribute_not_exists(pk)');
    }
  });

  it('says so, and counts it', async () => {
    const { create, log, metrics } = provisioning();
    await create();
    expect(log.of('WALLET_CREATED')).toMatchObject([{ wallet_id: TEST_WALLET.id, address: TEST_WALLET.address }]);
    expect(metrics.counts()).toEqual({ WalletCreated: 1 });
  });

  it('puts the key nowhere: not into a table, an answer or the log', async () => {
    const { create, aws, log } = provisioning();
    const wallet = await create();
    const everything = `${textOf(aws.requests)}\n${log.everything()}\n${textOf(wallet)}`;
    for (const encode of Object.values(KEY_ENCODINGS)) {
      expect(survives(encode(TEST_PRIVATE_KEY), everything)).toBe(false);
    }
  });
});

describe('the key in clear is overwritten', () => {
  it('when the wallet is stored', async () => {
    const { create, generated } = provisioning();
    await create();
    expect(generated.map(isZero)).toEqual([true]);
  });

  it('when it cannot be encrypted, and then nothing is stored', async () => {
    const { create, generated, dynamo, metrics } = provisioning(() => Promise.reject(new Error('KMS is down')));
    await expect(create()).rejects.toThrow('KMS is down');
    expect(generated.map(isZero)).toEqual([true]);
    for (const table of ['ledger', 'keys', 'audit', 'ephemeral']) expect(dynamo.items(table)).toEqual([]);
    expect(metrics.counts()).toEqual({});
  });

  it('when it cannot be stored', async () => {
    const { create, generated, dynamo } = provisioning();
    dynamo.put('ledger', { pk: `ADDRESS#${TEST_WALLET.address.toLowerCase()}`, sk: 'ADDRESS', wallet_id: 'wal_first' });
    const error = await caughtLater(HavenError, () => create());
    expect(error.code).toBe('WALLET_ALREADY_EXISTS');
    expect(generated.map(isZero)).toEqual([true]);
    expect(dynamo.items('keys')).toEqual([]);
  });
});

describe('the same request again', () => {
  it('is answered as the first time before a key is made or KMS is asked', async () => {
    const { create, generated, encrypted, dynamo } = provisioning();
    await create();
    const before = dynamo.items('ledger').length;
    const replay = await caughtLater(IdempotentReplay, () => create());
    expect(replay.answer).toEqual({ status: 201, body: WALLET });
    expect(generated).toHaveLength(1);
    expect(encrypted).toHaveLength(1);
    expect(dynamo.items('ledger')).toHaveLength(before);
  });
});

describe('a wallet without tags', () => {
  it('has a key from the operating system when no other source is given', async () => {
    const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], keys: ['pk'], audit: ['pk', 'seq'], ephemeral: ['pk'] });
    const client = scriptedDocumentClient(createScriptedAws((request) => dynamo.answer(request)));
    const deps = {
      client,
      tables: { ledger: 'ledger', keys: 'keys', audit: 'audit' },
      encryptor: { encrypt: async () => CIPHERTEXT },
      idempotency: createIdempotencyStore(client, 'ephemeral', createFakeClock().now),
      clock: createFakeClock().now,
      newId: () => TEST_WALLET.id,
      metrics: createRecordingMetrics().metrics,
    };
    const wallet = await createWallet(deps, { ...INPUT, tags: {} }, idempotentContext());
    expect(wallet.address).toMatch(/^0x[0-9a-fA-F]{40}$/);
    expect(wallet.address).not.toBe(TEST_WALLET.address);
    expect(dynamo.items('ledger')).toHaveLength(2);
  });
});
