import { describe, expect, it } from 'vitest';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { acceptTransaction, type TransactionIntent } from '#shared/transactions/accept.ts';
import { createLaneKicker } from '#shared/transactions/lane/kick.ts';
import { referenceKey, transactionItem } from '#shared/transactions/ledger-items.ts';
import { transactionSchema } from '#shared/transactions/transaction.ts';
import { toTransactionView } from '#shared/transactions/view.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import {
  storedWallet,
  TEST_CHAIN,
  TEST_RECIPIENT,
  TEST_WALLET,
  transactionId,
  unusedCustody,
} from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createRecordingKicker } from '#test/support/fakes/recording-kicker.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient, scriptedSqsClient } from '#test/support/fakes/scripted-aws.ts';

const AT = isoTime(TEST_NOW_MS);
const ID = transactionId(1);
const INTENT: TransactionIntent = {
  walletId: TEST_WALLET.id,
  chainId: TEST_CHAIN.chain_id,
  to: TEST_RECIPIENT,
  value: '1000000000000000000',
  data: '0xabcd',
  speed: 'fast',
  reference: 'payout-1',
  validUntil: isoTime(TEST_NOW_MS + 1),
};
const LANE = { chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address };

/** Everything that accepting needs, before tables in memory with one wallet. */
function accepting(wallet = storedWallet()) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], audit: ['pk', 'seq'], ephemeral: ['pk'] });
  dynamo.put('ledger', { ...walletKey(wallet.id), ...wallet });
  const { status, paused, successor_id } = wallet;
  const successor = successor_id === undefined ? {} : { successor_id };
  if (status !== 'active') {
    dynamo.put('ledger', { ...custodyKey(wallet.id), ...unusedCustody({ status, paused, ...successor }) });
  }
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  const metrics = createRecordingMetrics();
  const { kicker, calls } = createRecordingKicker();
  const deps = {
    client,
    tables: { ledger: 'ledger', audit: 'audit' },
    wallets: createWalletStore(client, 'ledger'),
    chains: new ChainRegistry([TEST_CHAIN]),
    idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
    kicker,
    clock: clock.now,
    newId: () => ID,
    metrics: metrics.metrics,
  };
  const accept = (intent: Partial<TransactionIntent> = {}) =>
    acceptTransaction(deps, { ...INTENT, ...intent }, idempotentContext());
  return { deps, dynamo, aws, metrics, calls, accept };
}

describe('accepting a transaction', () => {
  it('gives it back as it is stored: queued, with nothing signed', async () => {
    const { accept, dynamo } = accepting();
    const transaction = await accept();
    expect(transaction).toMatchObject({
      id: ID,
      status: 'queued',
      wallet_id: TEST_WALLET.id,
      from: TEST_WALLET.address,
      to: TEST_RECIPIENT,
      value: INTENT.value,
      data: INTENT.data,
      speed: 'fast',
      reference: 'payout-1',
      valid_until: INTENT.validUntil,
      nonce: null,
      hash: null,
      attempts: [],
      required_confirmations: TEST_CHAIN.required_confirmations,
      created_at: AT,
      updated_at: AT,
      version: 1,
    });
    expect(dynamo.items('ledger')).toHaveLength(4);
    expect(transactionSchema.parse(transaction)).toEqual(transaction);
  });

  it('is two AWS calls: the wallet and its policy when they are not known, and one transaction', async () => {
    const { accept, aws } = accepting();
    await accept();
    expect(aws.requests.map(({ operation }) => operation)).toEqual(['BatchGetItem', 'TransactWriteItems']);
  });

  it('writes answer, reference, transaction, queue place and audit entry, in this order', async () => {
    const { accept, aws } = accepting();
    const transaction = await accept();
    const { entry } = nextEntry(
      ID,
      emptyHead(ID),
      {
        action: 'transaction.queued',
        actor: 'key_tester',
        severity: 'INFO',
        request_id: 'request-1',
        detail: { wallet_id: TEST_WALLET.id, chain_id: TEST_CHAIN.chain_id, to: TEST_RECIPIENT, value: INTENT.value },
      },
      AT,
    );
    const absent = { ConditionExpression: 'attribute_not_exists(pk)' };
    const { gsi1pk } = transactionItem(transaction);
    expect(aws.requests[1]?.body['TransactItems']).toMatchObject([
      {
        Put: {
          TableName: 'ephemeral',
          Item: { status: { N: '202' }, answer: { S: JSON.stringify(toTransactionView(transaction)) } },
          ConditionExpression: 'attribute_not_exists(pk) OR expires_at < :idempotency_now',
        },
      },
      {
        Put: {
          TableName: 'ledger',
          Item: { pk: { S: 'REFERENCE#payout-1' }, sk: { S: 'REFERENCE' }, transaction_id: { S: ID } },
          ...absent,
        },
      },
      {
        Put: {
          TableName: 'ledger',
          Item: { pk: { S: `TX#${ID}` }, sk: { S: 'TX' }, gsi1pk: { S: gsi1pk } },
          ...absent,
        },
      },
      {
        Put: {
          TableName: 'ledger',
          Item: {
            pk: { S: `LANE#31337#${TEST_WALLET.address.toLowerCase()}` },
            sk: { S: `QUEUE#${ID}` },
            wallet_id: { S: TEST_WALLET.id },
          },
          ...absent,
        },
      },
      { Put: { TableName: 'audit', Item: { pk: { S: ID }, seq: { N: '1' }, hash: { S: entry.hash } }, ...absent } },
    ]);
    expect(aws.requests[1]?.body['TransactItems']).toHaveLength(5);
    expect(transaction).toMatchObject({ audit_seq: 1, audit_hash: entry.hash });
  });

  it('without a reference reserves none', async () => {
    const { accept, aws } = accepting();
    await accept({ reference: null });
    expect(aws.requests[1]?.body['TransactItems']).toHaveLength(4);
    expect(JSON.stringify(aws.requests)).not.toContain('REFERENCE#');
  });

  it('kicks its lane once it is stored, and counts it', async () => {
    const { accept, calls, metrics } = accepting();
    await accept();
    expect(calls).toEqual([{ kind: 'kick', lane: LANE, cause: 'accept' }]);
    expect(metrics.counts()).toEqual({ TransactionAccepted: 1 });
  });

  it('does not depend on the kick: the place in the queue is what counts', async () => {
    const { deps, dynamo } = accepting();
    const log = createRecordingLog();
    const sqs = scriptedSqsClient(createScriptedAws([new Error('no route')]));
    const queues = { kickQueueUrl: 'https://sqs.eu-central-1.amazonaws.com/0/k', wakeQueueUrl: 'https://sqs/w' };
    const kicker = createLaneKicker(sqs, queues, deps.clock, log.log, deps.metrics);
    const transaction = await acceptTransaction({ ...deps, kicker }, INTENT, idempotentContext());
    expect(transaction.status).toBe('queued');
    expect(log.of('KICK_NOT_SENT')).toHaveLength(1);
    expect(dynamo.items('ledger')).toHaveLength(4);
  });

  it.each([
    [undefined, undefined, undefined],
    [true, undefined, true],
    [undefined, true, true],
    [true, false, false],
    [undefined, false, false],
  ])(
    'on a stage that tells events (%s), asked to be told (%s), is told of: %s',
    async (tellsByDefault, asked, tells) => {
      const { deps, dynamo } = accepting();
      const stage = { ...deps, ...(tellsByDefault === undefined ? {} : { tellsEvents: tellsByDefault }) };
      await acceptTransaction(stage, { ...INTENT, tellsEvents: asked }, idempotentContext());
      const [stored] = dynamo.items('ledger').filter(({ sk }) => JSON.stringify(sk) === '{"S":"TX"}');
      expect(stored?.['tells_events']).toEqual(tells === undefined ? undefined : { BOOL: tells });
    },
  );

  it('has no expiry when none is asked for', async () => {
    expect((await accepting().accept({ validUntil: null })).valid_until).toBeNull();
  });
});

describe('a transaction is refused, and nothing is stored or kicked', () => {
  it.each([
    ['valid_until is now', { validUntil: AT }, 'INVALID_PARAMETER', 'body.valid_until'],
    ['valid_until is past', { validUntil: '2020-01-01T00:00:00Z' }, 'INVALID_PARAMETER', 'body.valid_until'],
    ['the chain is not configured', { chainId: 5 }, 'INVALID_PARAMETER', 'body.chain_id'],
  ])('when %s: the field is named', async (_name, intent, code, field) => {
    const { accept, dynamo, calls } = accepting();
    const error = await caughtLater(HavenError, () => accept(intent));
    expect(error).toMatchObject({ code, details: { fields: [{ field }] } });
    expect(dynamo.items('ledger')).toHaveLength(1);
    expect(calls).toEqual([]);
  });

  it.each([
    ['paused', storedWallet({ paused: true }), 'POLICY_VIOLATION', { reason: 'paused' }, { PolicyDenied: 1 }],
    ['revoked', storedWallet({ status: 'revoked' }), 'WALLET_REVOKED', { status: 'revoked' }, {}],
    [
      'rotated',
      storedWallet({ status: 'rotated', successor_id: 'wal_2' }),
      'WALLET_ROTATED',
      { successor_id: 'wal_2' },
      {},
    ],
  ])('when its wallet is %s', async (_name, wallet, code, details, counts) => {
    const { accept, dynamo, calls, metrics } = accepting(wallet);
    const before = dynamo.items('ledger');
    expect(await caughtLater(HavenError, () => accept())).toMatchObject({ code, details });
    expect(dynamo.items('ledger')).toEqual(before);
    expect(calls).toEqual([]);
    expect(metrics.counts()).toEqual(counts);
  });

  it('when there is no such wallet', async () => {
    const { accept } = accepting();
    expect(await caughtLater(HavenError, () => accept({ walletId: 'wal_none' }))).toMatchObject({
      code: 'WALLET_NOT_FOUND',
    });
  });

  it('when its reference has been used, naming by which', async () => {
    const { accept, dynamo } = accepting();
    dynamo.put('ledger', { ...referenceKey('payout-1'), transaction_id: 'tx_first' });
    expect(await caughtLater(HavenError, () => accept())).toMatchObject({
      code: 'DUPLICATE_REFERENCE',
      details: { transaction_id: 'tx_first', fields: [{ field: 'body.reference' }] },
    });
  });

  it('when its id exists: DUPLICATE_TRANSACTION rather than another one overwritten', async () => {
    const { accept, dynamo } = accepting();
    dynamo.put('ledger', { pk: `TX#${ID}`, sk: 'TX' });
    expect(await caughtLater(HavenError, () => accept())).toMatchObject({ code: 'DUPLICATE_TRANSACTION' });
  });
});

describe('the same request again', () => {
  it('is answered as the first time, though its wallet has been paused since, and changes nothing', async () => {
    const { accept, dynamo, calls } = accepting();
    const first = await accept();
    dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet({ paused: true }) });
    const before = dynamo.items('ledger').length;
    const replay = await caughtLater(IdempotentReplay, () => accept());
    expect(replay.answer).toEqual({ status: 202, body: toTransactionView(first) });
    expect(dynamo.items('ledger')).toHaveLength(before);
    expect(calls).toHaveLength(1);
  });
});
