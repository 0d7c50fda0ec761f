import { describe, expect, it } from 'vitest';
import { MAX_PER_RUN } from '#shared/custody/deposit-pool/refill-pool.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { walletSchema } from '#shared/custody/wallet.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createPoolDesk } from '#test/support/fakes/pool-desk.ts';
import { expectPoolLaws } from '#test/support/fakes/pool-laws.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

describe('a refill of the pool', () => {
  it('fills every slot with a new deposit wallet that is made as any other, on record', async () => {
    const desk = createPoolDesk();
    expect(await desk.refill()).toEqual({ pooled: 12, raced: 0, failed: 0, retired: 0, free: 12 });
    await expectPoolLaws(desk);
    const wallets = desk.rows('ledger').filter(({ sk }) => sk === 'WALLET');
    for (const wallet of wallets.map((row) => walletSchema.parse(row))) {
      expect(wallet).toMatchObject({
        purpose: 'deposit',
        custody: 'envelope',
        status: 'active',
        label: null,
        tags: {},
      });
    }
    const [entry] = desk.rows('audit');
    expect(entry).toMatchObject({ action: 'wallet.created', actor: 'deposit-pool', request_id: 'run-1', seq: 1 });
    expect(desk.metrics.counts()).toEqual({ WalletCreated: 12, DepositPoolFree: 12 });
    expect(desk.log.of('DEPOSIT_POOL_REFILLED')).toHaveLength(1);
  });

  it('makes nothing when the pool is full, and only what was taken when it is not', async () => {
    const desk = createPoolDesk();
    await desk.refill();
    const asked = desk.aws.requests.length;
    expect(await desk.refill()).toMatchObject({ pooled: 0, free: 12 });
    expect(desk.aws.requests.slice(asked).some(({ operation }) => operation === 'TransactWriteItems')).toBe(false);
    await desk.take('ord_1');
    await desk.take('ord_2');
    expect(await desk.refill()).toMatchObject({ pooled: 2, free: 12 });
    await expectPoolLaws(desk);
    expect(desk.walletIds()).toHaveLength(14);
  });

  it('never makes the pool larger than it should be, however many run at once', async () => {
    const desk = createPoolDesk({ target: 30 });
    const reports = await Promise.all([1, 2, 3, 4].map((seed) => desk.refill({ random: seededRandom(seed) })));
    expect(reports.reduce((sum, { pooled }) => sum + pooled, 0)).toBe(30);
    expect((await desk.pool.all()).length).toBe(30);
    await expectPoolLaws(desk);
  });

  it('asks KMS once for each wallet, bound to it', async () => {
    const contexts: object[] = [];
    const encryptor = {
      encrypt: async (_key: Uint8Array, context: object) => {
        contexts.push(context);
        return new Uint8Array([1]);
      },
    };
    const desk = createPoolDesk({ encryptor });
    await desk.refill();
    const ids = contexts.map((context) => ('wallet_id' in context ? context.wallet_id : undefined));
    expect(ids.toSorted()).toEqual(desk.walletIds());
    expect(contexts[0]).toMatchObject({ purpose: 'deposit', address: expect.stringMatching(/^0x/) });
  });

  it('makes a bounded number in one run, and begins none when its time is up', async () => {
    const desk = createPoolDesk({ target: MAX_PER_RUN + 10, lowWater: 1 });
    expect(await desk.refill()).toMatchObject({ pooled: MAX_PER_RUN, free: MAX_PER_RUN });
    expect(await desk.refill({}, Deadline.in(2_000, desk.clock.now))).toMatchObject({ pooled: 0 });
    expect(await desk.refill()).toMatchObject({ pooled: 10 });
    await expectPoolLaws(desk);
  });

  it('leaves nothing of a wallet whose key could not be encrypted, and gives up when that goes on', async () => {
    let asked = 0;
    const encryptor = {
      encrypt: async () => {
        asked += 1;
        if (asked % 3 === 0) throw new Error('KMS is down');
        return new Uint8Array([1]);
      },
    };
    const desk = createPoolDesk({ encryptor, target: 9 });
    expect(await desk.refill()).toMatchObject({ pooled: 6, failed: 3, free: 6 });
    await expectPoolLaws(desk);
    expect(desk.log.of('DEPOSIT_POOL_REFILL_FAILED')).toHaveLength(3);
    expect(desk.metrics.counts()).toMatchObject({ DepositPoolRefillFailed: 3 });
    const down = createPoolDesk({ target: 200, encryptor: { encrypt: () => Promise.reject(new Error('down')) } });
    const { failed } = await down.refill();
    expect(failed).toBeLessThan(20);
    await expectPoolLaws(down);
  });

  it('keeps what is in slots beyond a target that was lowered, and puts nothing there again', async () => {
    const desk = createPoolDesk({ target: 12 });
    await desk.refill();
    expect(await desk.refill({ size: { target: 4, lowWater: 1 } })).toMatchObject({ pooled: 0, free: 12 });
    for (let nth = 0; nth < 12; nth += 1) await desk.take(`ord_${nth}`);
    expect(await desk.refill({ size: { target: 4, lowWater: 1 } })).toMatchObject({ pooled: 4, free: 4 });
  });

  it('takes wallets out that people paused or revoked, within four minutes, and nobody ever gets one', async () => {
    const desk = createPoolDesk();
    await desk.refill();
    const [first, second] = await desk.pool.all();
    if (first === undefined || second === undefined) throw new Error('The pool is empty');
    for (const [{ walletId }, change] of [
      [first, { paused: true }],
      [second, { status: 'revoked' }],
    ] as const) {
      const row = desk.rows('ledger').find(({ pk, sk }) => pk === walletKey(walletId).pk && sk === 'WALLET');
      desk.dynamo.put('ledger', { ...row, ...change });
    }
    let retired = 0;
    for (let minute = 0; minute < 4; minute += 1) {
      retired += (await desk.refill()).retired;
      desk.clock.advance(60_000);
    }
    expect(retired).toBe(2);
    expect(await desk.pool.holder(first.walletId)).toMatchObject({ status: 'retired', order_id: null });
    expect(await desk.stream(first.walletId)).toMatchObject([
      { action: 'deposit.retired', actor: 'deposit-pool', severity: 'WARNING' },
    ]);
    expect((await desk.pool.all()).map(({ walletId }) => walletId)).not.toContain(first.walletId);
    expect((await desk.pool.all()).length).toBe(12);
    await expectPoolLaws(desk);
  });
});

describe('what a refill says of the pool', () => {
  const down = { encrypt: () => Promise.reject(new Error('KMS is down')) };

  it('is nothing when it fills it', async () => {
    const desk = createPoolDesk();
    await desk.refill();
    expect(desk.alerts()).toEqual([]);
    expect(await desk.pool.state()).toMatchObject({ status: 'filled', version: 1 });
  });

  it('is one alert when it stays low and one when it is empty, however many refills see it so', async () => {
    const desk = createPoolDesk({ target: 6, lowWater: 4 });
    await desk.refill();
    const failing = () => desk.refill({ encryptor: down });
    for (let nth = 0; nth < 2; nth += 1) await desk.take(`ord_${nth}`);
    await failing();
    expect(desk.alerts()).toEqual([]);
    await desk.take('ord_2');
    await failing();
    await failing();
    expect(desk.alerts()).toMatchObject([
      { severity: 'WARNING', category: 'alarm', details: { free: 3, target: 6, low_water: 4 } },
    ]);
    for (let nth = 3; nth < 6; nth += 1) await desk.take(`ord_${nth}`);
    await failing();
    await failing();
    expect(
      desk
        .alerts()
        .map(({ severity }) => severity)
        .toSorted(),
    ).toEqual(['ERROR', 'WARNING']);
    expect(await desk.pool.state()).toMatchObject({ status: 'empty', version: 3 });
    await desk.refill();
    expect(await desk.pool.state()).toMatchObject({ status: 'filled' });
    expect(desk.alerts()).toHaveLength(2);
  });

  it('is said once by two runs at once', async () => {
    const desk = createPoolDesk();
    await Promise.all([desk.refill({ encryptor: down }), desk.refill({ encryptor: down })]);
    expect(desk.alerts()).toMatchObject([{ severity: 'ERROR', summary: expect.stringContaining('empty') }]);
  });

  it('is that a stage without a pool lacks nothing', async () => {
    const desk = createPoolDesk({ target: 0, lowWater: 0 });
    expect(await desk.refill()).toEqual({ pooled: 0, raced: 0, failed: 0, retired: 0, free: 0 });
    expect(desk.alerts()).toEqual([]);
  });
});

/** A kill, as far as the killed one can tell: nothing that it asks for from now on is ever answered. */
describe('a refill that is killed', () => {
  const requestsOf = async () => {
    const desk = createPoolDesk({ target: 5, lowWater: 1 });
    await desk.refill();
    return desk.aws.requests.length;
  };

  it.each(['before', 'after'] as const)('%s any of its requests loses no wallet and pools none twice', async (side) => {
    const requests = await requestsOf();
    expect(requests).toBeGreaterThan(10);
    for (let at = 0; at < requests; at += 1) {
      let seen = 0;
      let isDead = true;
      const desk = createPoolDesk({
        target: 5,
        lowWater: 1,
        around: (_request, answer) => {
          const nth = seen;
          seen += 1;
          if (!isDead || nth < at) return answer();
          // The request that it dies at may have its effect; of what others asked for at the same time nothing has.
          if (nth === at && side === 'after') answer();
          throw new Error('killed');
        },
      });
      await desk.refill().catch(() => undefined);
      isDead = false;
      await expectPoolLaws(desk);
      await desk.refill();
      expect((await desk.pool.all()).length).toBe(5);
      await expectPoolLaws(desk);
    }
  });
});
