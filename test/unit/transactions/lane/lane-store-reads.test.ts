import { describe, expect, it } from 'vitest';
import { newLane } from '#shared/transactions/lane/lane.ts';
import { signedBytesKey, transactionItem } from '#shared/transactions/ledger-items.ts';
import { laneTables, TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import {
  hash32,
  mined,
  queued,
  signed,
  submitted,
  TEST_WALLET,
  transactionId,
  unusedCustody,
} from '#test/support/fakes/ledger-transactions.ts';

describe('loading a lane', () => {
  it('gives its state, its custody and its transactions, by nonce and by age, in two strongly consistent reads', async () => {
    const { store, aws, state } = laneTables([queued(20), mined(7, 100), queued(10), submitted(8)], {
      in_flight: [
        { nonce: 7, id: transactionId(7) },
        { nonce: 8, id: transactionId(8) },
      ],
    });
    const stored = await store.load(TEST_LANE);
    expect(stored?.lane).toEqual(state);
    expect(stored?.custody).toEqual(unusedCustody());
    expect(stored?.inFlight.map(({ nonce }) => nonce)).toEqual([7, 8]);
    expect(stored?.queued.map(({ id }) => id)).toEqual([transactionId(10), transactionId(20)]);
    expect(aws.requests.map(({ operation }) => operation)).toEqual(['Query', 'BatchGetItem']);
    expect(aws.requests[0]?.body).toMatchObject({ ConsistentRead: true, Limit: 11 });
    expect(aws.requests[1]?.body).toMatchObject({ RequestItems: { ledger: { ConsistentRead: true } } });
  });

  it('gives the ten oldest of a long queue', async () => {
    const all = Array.from({ length: 30 }, (_, n) => queued(n));
    const stored = await laneTables(all).store.load(TEST_LANE);
    expect(stored?.queued.map(({ value }) => value)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it.each([
    ['never driven, nothing queued', [], { version: 0 }],
    ['driven before, nothing in flight and nothing queued', [], {}],
  ])('gives nothing when there is no work: %s', async (_name, transactions, lane) => {
    expect(await laneTables(transactions, lane).store.load(TEST_LANE)).toBeUndefined();
  });

  it('gives a new lane to the first transaction of a wallet on a chain', async () => {
    const { store } = laneTables([queued(1)], { version: 0 });
    expect((await store.load(TEST_LANE))?.lane).toEqual(newLane(TEST_LANE, TEST_WALLET.id));
  });

  it('leaves out what left the queue between the two reads', async () => {
    const { store, dynamo } = laneTables([queued(1), queued(2)]);
    dynamo.put('ledger', transactionItem(signed(1, { nonce: 9 })));
    expect((await store.load(TEST_LANE))?.queued.map(({ value }) => value)).toEqual(['2']);
  });

  it('loads as many transactions as may be in flight, in batches that DynamoDB takes', async () => {
    const all = Array.from({ length: 230 }, (_, n) => submitted(n));
    const { store, aws } = laneTables(all);
    const stored = await store.load(TEST_LANE);
    expect(stored?.inFlight.map(({ nonce }) => nonce)).toEqual(all.map(({ nonce }) => nonce));
    expect(aws.requests.filter(({ operation }) => operation === 'BatchGetItem')).toHaveLength(3);
  });
});

describe('whether anything is queued', () => {
  it.each([
    ['yes', [queued(1)], true],
    ['no, although something is in flight', [submitted(1)], false],
  ])('is one small read: %s', async (_name, transactions, expected) => {
    const { store, aws } = laneTables(transactions);
    expect(await store.hasQueued(TEST_LANE)).toBe(expected);
    expect(aws.requests.map(({ body }) => body['Limit'])).toEqual([1]);
  });
});

describe('signed bytes', () => {
  it.each([1, 99, 100, 101, 250])('of %i attempts are found by their hashes', async (count) => {
    const { store, dynamo } = laneTables([]);
    const attempts = Array.from({ length: count }, (_, n) => ({ id: transactionId(n), hash: hash32(`attempt ${n}`) }));
    for (const { id, hash } of attempts) {
      dynamo.put('ledger', { ...signedBytesKey(id, hash), bytes: Buffer.from(hash.slice(2), 'hex') });
    }
    const wireDynamo = await store.signedBytes(attempts);
    expect(wireDynamo.size).toBe(count);
    expect(wireDynamo.get(hash32('attempt 0'))).toBe(hash32('attempt 0'));
  });
});
