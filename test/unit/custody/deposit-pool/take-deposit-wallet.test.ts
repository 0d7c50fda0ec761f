import { describe, expect, it } from 'vitest';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { takeFromPool } from '#shared/custody/deposit-pool/leave-pool.ts';
import { depositStream, holderKey, POOL_SHARDS } from '#shared/custody/deposit-pool/pool-rows.ts';
import { pickDepositWallet } from '#shared/custody/deposit-pool/take-deposit-wallet.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createPoolDesk } from '#test/support/fakes/pool-desk.ts';
import { expectPoolLaws } from '#test/support/fakes/pool-laws.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

async function filled(options: Parameters<typeof createPoolDesk>[0] = {}) {
  const desk = createPoolDesk(options);
  await desk.refill();
  return desk;
}

const BY = { actor: 'orders-api', requestId: 'request-1' };

describe('a wallet taken from the pool', () => {
  it('names the order that holds it, is out of its slot, and has that on its stream', async () => {
    const desk = await filled();
    const { walletId, address } = await desk.take('ord_1');
    const holder = await desk.pool.holder(walletId);
    expect(holder).toMatchObject({ status: 'taken', order_id: 'ord_1', wallet_id: walletId, address });
    expect((await desk.pool.all()).map((one) => one.walletId)).not.toContain(walletId);
    const stream = await desk.stream(walletId);
    expect(stream).toMatchObject([
      { action: 'deposit.taken', actor: 'orders-api', severity: 'INFO', detail: { order_id: 'ord_1', address } },
    ]);
    if (holder === undefined) throw new Error('Nobody holds it');
    expect(firstBreak(depositStream(walletId), stream, holder)).toBeNull();
    // Whoever asks for what concerns the wallet finds it.
    expect(desk.rows('audit').find(({ action }) => action === 'deposit.taken')).toMatchObject({ gsi4pk: walletId });
    expect(desk.metrics.counts()).toMatchObject({ DepositWalletTaken: 1 });
  });

  it('takes five items of a transaction, and is taken or not with all else in it', async () => {
    const desk = await filled();
    const [pooled] = await desk.pool.all();
    if (pooled === undefined) throw new Error('The pool is empty');
    const write = new WriteTransaction();
    takeFromPool(write, desk.deps.tables, pooled, 'ord_1', BY, isoTime(desk.clock.now()));
    expect(write.size).toBe(5);
    write.put('ledger', { pk: 'STOCK#1', sk: 'STOCK' }, () => new Error('out of stock'), {
      expression: 'attribute_exists(pk)',
    });
    await expect(write.commit(desk.deps.client, Deadline.in(1_000, desk.clock.now))).rejects.toThrow('out of stock');
    expect((await desk.pool.all()).length).toBe(12);
    expect(await desk.pool.holder(pooled.walletId)).toBeUndefined();
  });

  it('is taken once by many at once, and each of them gets another', async () => {
    const desk = await filled({ target: 40 });
    const taken = await Promise.all(Array.from({ length: 40 }, (_, nth) => desk.take(`ord_${nth}`)));
    expect(new Set(taken.map(({ walletId }) => walletId)).size).toBe(40);
    await expectPoolLaws(desk);
  });

  it('is never taken again, whatever the pool says of it', async () => {
    const desk = await filled({ target: 1, lowWater: 0 });
    const { walletId, address } = await desk.take('ord_1');
    // As if someone had put it back.
    desk.dynamo.put('ledger', { pk: 'DEPOSIT_POOL#0', sk: 'SLOT#00000', wallet_id: walletId, address });
    expect(await caughtLater(HavenError, () => desk.take('ord_2'))).toMatchObject({ code: 'DEPOSIT_POOL_EMPTY' });
    expect(await desk.pool.holder(walletId)).toMatchObject({ order_id: 'ord_1' });
    expect(desk.rows('ledger').filter(({ pk }) => pk === holderKey(walletId).pk)).toHaveLength(1);
  });

  it.each([
    ['of somebody else', { address: '0x00000000000000000000000000000000DeaDBeef' }],
    ['of a wallet for another purpose', { wallet_id: 'wal_treasury' }],
    ['of no wallet', { wallet_id: 'wal_none' }],
  ])('has the address that Haven made for it, whatever a slot says: not one %s', async (_name, forged) => {
    const desk = await filled({ target: 1, lowWater: 0 });
    const [pooled] = await desk.pool.all();
    if (pooled === undefined) throw new Error('The pool is empty');
    const { walletId, address } = pooled;
    const row = desk.rows('ledger').find(({ sk }) => sk === 'WALLET');
    const treasury = { ...row, ...walletKey('wal_treasury'), id: 'wal_treasury', purpose: 'treasury' };
    desk.dynamo.put('ledger', treasury);
    desk.dynamo.put('ledger', { pk: 'DEPOSIT_POOL#0', sk: 'SLOT#00000', wallet_id: walletId, address, ...forged });
    expect(await caughtLater(HavenError, () => desk.take('ord_1'))).toMatchObject({ code: 'DEPOSIT_POOL_EMPTY' });
    expect(desk.rows('ledger').filter(({ sk }) => sk === 'HOLDER')).toEqual([]);
  });

  it.each([{ paused: true }, { status: 'revoked' }, { status: 'rotated' }])(
    'is not one of those that may not be used: %j',
    async (change) => {
      const desk = await filled({ target: 8, lowWater: 0 });
      const unusable = (await desk.pool.all()).slice(0, 7);
      for (const { walletId } of unusable) {
        const row = desk.rows('ledger').find(({ pk, sk }) => pk === walletKey(walletId).pk && sk === 'WALLET');
        desk.dynamo.put('ledger', { ...row, ...change });
      }
      const { walletId } = await desk.take('ord_1');
      expect(unusable.map((one) => one.walletId)).not.toContain(walletId);
      expect(await caughtLater(HavenError, () => desk.take('ord_2'))).toMatchObject({ code: 'DEPOSIT_POOL_EMPTY' });
    },
  );
});

describe('an empty pool', () => {
  it('is said clearly, with when to come again, and has a refill kicked', async () => {
    const desk = createPoolDesk();
    const error = await caughtLater(HavenError, () => desk.take('ord_1'));
    expect(error).toMatchObject({ code: 'DEPOSIT_POOL_EMPTY', retryAfterSeconds: 5 });
    expect(desk.kicks()).toBe(1);
  });

  it('gives each of many at once a wallet or says so, and none to two', async () => {
    const desk = await filled({ target: 10 });
    const outcomes = await Promise.allSettled(Array.from({ length: 25 }, (_, nth) => desk.take(`ord_${nth}`)));
    const taken = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.walletId] : []));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(new Set(taken).size).toBe(10);
    expect(taken).toHaveLength(10);
    expect(refused.every((reason) => reason instanceof HavenError && reason.code === 'DEPOSIT_POOL_EMPTY')).toBe(true);
    await expectPoolLaws(desk);
  });
});

describe('low water', () => {
  it('is kicked about by those who take, and by nobody before', async () => {
    const desk = await filled({ target: 60, lowWater: 20 });
    for (let nth = 0; nth < 20; nth += 1) await desk.take(`ord_${nth}`);
    expect(desk.kicks()).toBe(0);
    for (let nth = 20; nth < 55; nth += 1) await desk.take(`ord_${nth}`);
    expect(desk.kicks()).toBeGreaterThan(0);
  });
});

describe('the pick', () => {
  it('spreads rivals over the pool: no wallet is picked much more often than others', async () => {
    const slots = Array.from({ length: 200 }, (_, slot) => ({ slot, walletId: `wal_${slot}`, address: '0x' }));
    const some = async (shard: number, from: number, limit: number) => {
      const ofShard = slots.filter(({ slot }) => slot % POOL_SHARDS === shard);
      return [...ofShard.filter(({ slot }) => slot >= from), ...ofShard.filter(({ slot }) => slot < from)].slice(
        0,
        limit,
      );
    };
    const random = seededRandom(7);
    const picks = new Map<string, number>();
    const kicker = { kick: async () => undefined };
    const deps = { pool: { some }, size: { target: 200, lowWater: 50 }, kicker, metrics: { count: () => undefined } };
    for (let nth = 0; nth < 10_000; nth += 1) {
      const { wallet, isLow } = await pickDepositWallet({ ...deps, random });
      expect(isLow).toBe(false);
      if (wallet !== undefined) picks.set(wallet.walletId, (picks.get(wallet.walletId) ?? 0) + 1);
    }
    // 50 each on average.
    expect(picks.size).toBe(200);
    expect(Math.max(...picks.values())).toBeLessThan(100);
  });

  it('reads a page of one shard, strongly consistent', async () => {
    const desk = await filled({ target: 200 });
    const before = desk.aws.requests.length;
    await desk.take('ord_1');
    const requests = desk.aws.requests.slice(before);
    expect(requests.map(({ operation }) => operation).filter((one) => one !== 'Query')).toEqual(['TransactWriteItems']);
    expect(requests.length).toBeLessThanOrEqual(3);
    expect(requests[0]?.body).toMatchObject({ ConsistentRead: true, Limit: 25 });
  });
});
