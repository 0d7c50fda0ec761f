import { describe, expect, it } from 'vitest';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { LaneRaced } from '#shared/transactions/lane/lane-store.ts';
import { laneItem, transactionItem } from '#shared/transactions/ledger-items.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { advance, amend } from '#shared/transactions/transition.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { type LaneTables, laneTables, TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import {
  attemptOf,
  mined,
  queued,
  submitted,
  TEST_WALLET,
  transactionId,
  unusedCustody,
} from '#test/support/fakes/ledger-transactions.ts';

const AT = isoTime(TEST_NOW_MS);
const BY = { actor: 'lane-worker', request_id: 'invocation-1' };
const KEY_USE = { ...BY, action: 'key.used', severity: 'INFO' as const, detail: {} };
const DEADLINE = Deadline.in(1_000, createFakeClock().now);
const BYTES = '0x02f86b01';

const signing = (transaction: Transaction, nonce: number) => {
  const attempt = attemptOf(nonce);
  const patch = { nonce, hash: attempt.hash, attempts: [attempt] };
  return { transition: advance(transaction, 'signed', patch, AT, BY), hash: attempt.hash, signed: BYTES };
};

describe('claiming nonces', () => {
  it('is one transaction of the counter, the key use, and per transaction its state, queue place, audit and bytes', async () => {
    const { store, aws, state } = laneTables([queued(1), queued(2)]);
    const stored = await store.load(TEST_LANE);
    if (stored === undefined) throw new Error('The lane has no work');
    const claims = [signing(queued(1), 9), signing(queued(2), 10)];
    const after = await store.claim(stored, claims, KEY_USE, AT, DEADLINE);
    expect(after).toEqual({
      ...state,
      next_nonce: 11,
      synced_at: AT,
      version: 4,
      in_flight: [
        { nonce: 9, id: transactionId(1) },
        { nonce: 10, id: transactionId(2) },
      ],
    });
    const [write] = aws.requests.slice(2);
    const items = write?.body['TransactItems'];
    const perTransaction = (n: number) => [
      { Put: { Item: { pk: { S: `TX#${transactionId(n)}` }, sk: { S: 'TX' }, status: { S: 'signed' } } } },
      { Delete: { Key: { sk: { S: `QUEUE#${transactionId(n)}` } }, ConditionExpression: 'attribute_exists(pk)' } },
      { Put: { TableName: 'audit', Item: { pk: { S: transactionId(n) }, action: { S: 'transaction.signed' } } } },
      {
        Put: {
          Item: {
            pk: { S: `TX#${transactionId(n)}` },
            bytes: { B: Buffer.from('02f86b01', 'hex').toString('base64') },
          },
        },
      },
    ];
    expect(items).toMatchObject([
      {
        Put: {
          Item: { sk: { S: 'LANE' }, next_nonce: { N: '11' }, version: { N: '4' } },
          ConditionExpression: '#version = :version',
        },
      },
      {
        Update: {
          Key: { sk: { S: 'CUSTODY' } },
          ConditionExpression: 'audit_seq = :before AND #status = :must_status AND paused = :must_paused',
        },
      },
      { Put: { TableName: 'audit', Item: { pk: { S: TEST_WALLET.id }, action: { S: 'key.used' } } } },
      { ConditionCheck: { Key: { sk: { S: 'POLICY' } }, ConditionExpression: 'attribute_not_exists(pk)' } },
      ...perTransaction(1),
      ...perTransaction(2),
    ]);
    for (const n of [4, 8]) {
      expect(items).toHaveProperty([n, 'Put', 'ConditionExpression'], '#version = :version AND #status = :status');
    }
  });

  it('makes the lane when it is the first time', async () => {
    const { store, aws } = laneTables([queued(1)], { version: 0 });
    const stored = await store.load(TEST_LANE);
    if (stored === undefined) throw new Error('The lane has no work');
    await store.claim(stored, [signing(queued(1), 0)], KEY_USE, AT, DEADLINE);
    expect(aws.requests[2]?.body['TransactItems']).toHaveProperty(
      [0, 'Put', 'ConditionExpression'],
      'attribute_not_exists(pk)',
    );
    expect((await store.load(TEST_LANE))?.lane).toMatchObject({ next_nonce: 1, version: 1 });
  });

  it('reads back as it was written: the bytes, the custody state, the lane', async () => {
    const { store } = laneTables([queued(1)]);
    const stored = await store.load(TEST_LANE);
    if (stored === undefined) throw new Error('The lane has no work');
    const claim = signing(queued(1), 9);
    await store.claim(stored, [claim], KEY_USE, AT, DEADLINE);
    const { entry } = nextEntry(TEST_WALLET.id, emptyHead(TEST_WALLET.id), KEY_USE, AT);
    const again = await store.load(TEST_LANE);
    expect(again?.custody).toEqual(unusedCustody({ audit_seq: 1, audit_hash: entry.hash }));
    expect(again?.inFlight).toEqual([claim.transition.after]);
    expect(await store.signedBytes([{ id: transactionId(1), hash: claim.hash }])).toEqual(
      new Map([[claim.hash, BYTES]]),
    );
  });

  it.each([
    ['another driver moved the lane', (t: LaneTables) => t.dynamo.put('ledger', laneItem({ ...t.state, version: 4 }))],
    ['the wallet was paused', (t: LaneTables) => putCustody(t, { paused: true })],
    ['the wallet was revoked', (t: LaneTables) => putCustody(t, { status: 'revoked' })],
    ['the key was used meanwhile', (t: LaneTables) => putCustody(t, { audit_seq: 1 })],
    [
      'the transaction was cancelled',
      (t: LaneTables) => t.dynamo.put('ledger', transactionItem(queued(1, { status: 'cancelled' }))),
    ],
    [
      'the transaction was changed',
      (t: LaneTables) => t.dynamo.put('ledger', transactionItem(queued(1, { version: 2 }))),
    ],
  ])('writes nothing and is LaneRaced when %s', async (_name, meanwhile) => {
    const tables = laneTables([queued(1)]);
    const stored = await tables.store.load(TEST_LANE);
    if (stored === undefined) throw new Error('The lane has no work');
    meanwhile(tables);
    const before = tables.dynamo.items('ledger').length;
    await caughtLater(LaneRaced, () => tables.store.claim(stored, [signing(queued(1), 9)], KEY_USE, AT, DEADLINE));
    expect(tables.dynamo.items('ledger').length).toBe(before);
    expect(tables.dynamo.items('audit')).toEqual([]);
  });

  it('is WRITE_CONFLICT when another entry took the place in the audit stream', async () => {
    const { store, dynamo } = laneTables([queued(1)]);
    const stored = await store.load(TEST_LANE);
    if (stored === undefined) throw new Error('The lane has no work');
    dynamo.put('audit', { pk: transactionId(1), seq: 2 });
    const error = await caughtLater(HavenError, () =>
      store.claim(stored, [signing(queued(1), 9)], KEY_USE, AT, DEADLINE),
    );
    expect(error.code).toBe('WRITE_CONFLICT');
  });
});

describe('applying changes', () => {
  const finals = (transactions: readonly Transaction[]) =>
    transactions.map((transaction) => advance(transaction, 'confirmed', {}, AT, BY));

  it('that are not final leaves the lane alone', async () => {
    const { store, state, aws } = laneTables([submitted(1)]);
    const change = advance(submitted(1), 'mined', {}, AT, BY);
    expect(await store.apply(state, [change], [amend(submitted(1), {}, AT)].slice(1), DEADLINE)).toBe(state);
    expect(aws.requests[0]?.body['TransactItems']).toHaveLength(2);
  });

  it('that are final takes them out of the lane, provided that nobody moved it', async () => {
    const { store, state, dynamo } = laneTables([mined(1, 100), submitted(2)]);
    const after = await store.apply(state, finals([mined(1, 100)]), [], DEADLINE);
    expect(after).toEqual({ ...state, version: 4, synced_at: AT, in_flight: [{ nonce: 2, id: transactionId(2) }] });
    dynamo.put('ledger', laneItem({ ...after, version: 9 }));
    await caughtLater(LaneRaced, () => store.apply(after, finals([mined(2, 100)]), [], DEADLINE));
  });

  it('of the last in flight takes the lane out of the index of open lanes', async () => {
    const { store, state, aws } = laneTables([mined(1, 100)]);
    await store.apply(state, finals([mined(1, 100)]), [], DEADLINE);
    expect(aws.requests[0]?.body['TransactItems']).not.toHaveProperty([0, 'Put', 'Item', 'gsi1pk']);
  });

  it('without an audit entry writes the transaction alone', async () => {
    const { store, state, aws } = laneTables([queued(1)]);
    await store.apply(state, [], [amend(queued(1), { waiting_for: 'funds' }, AT)], DEADLINE);
    expect(aws.requests[0]?.body['TransactItems']).toHaveLength(1);
    expect((await store.load(TEST_LANE))?.queued[0]).toMatchObject({ waiting_for: 'funds', version: 2 });
  });

  it('of a queued one that ends gives up its place', async () => {
    const { store, state } = laneTables([queued(1)]);
    await store.apply(state, [advance(queued(1), 'failed', {}, AT, BY)], [], DEADLINE);
    expect(await store.load(TEST_LANE)).toBeUndefined();
  });

  it('of many takes several transactions, each below the limit of DynamoDB', async () => {
    const all = Array.from({ length: 120 }, (_, n) => mined(n, 100));
    const { store, state, aws } = laneTables(all);
    const after = await store.apply(state, finals(all), [], DEADLINE);
    expect(after).toMatchObject({ in_flight: [], version: 8 });
    expect(aws.requests.map(({ body }) => [body['TransactItems']].flat().length)).toEqual([49, 49, 49, 49, 49]);
  });

  it.each([
    ['its version', submitted(1, { version: 9 })],
    ['its status', submitted(1, { status: 'mined' })],
  ])('is LaneRaced when a transaction has changed: %s', async (_name, meanwhile) => {
    const { store, state, dynamo } = laneTables([submitted(1)]);
    dynamo.put('ledger', transactionItem(meanwhile));
    await caughtLater(LaneRaced, () => store.apply(state, [advance(submitted(1), 'mined', {}, AT, BY)], [], DEADLINE));
  });

  it('of nothing writes nothing', async () => {
    const { store, state, aws } = laneTables([]);
    expect(await store.apply(state, [], [], DEADLINE)).toBe(state);
    expect(aws.requests).toEqual([]);
  });
});

function putCustody({ dynamo }: LaneTables, overrides: Parameters<typeof unusedCustody>[0]): void {
  dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody(overrides) });
}
