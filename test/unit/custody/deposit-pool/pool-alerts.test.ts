import { describe, expect, it } from 'vitest';
import { poolStateKey, poolStateSchema } from '#shared/custody/deposit-pool/pool-rows.ts';
import { poolCheck } from '#shared/monitors/checks/stock.ts';
import { createHearer } from '#test/support/fakes/hearer.ts';
import { createPoolDesk } from '#test/support/fakes/pool-desk.ts';

const LOW = 'WARNING The pool of deposit wallets is low: 1 of 2 are left after a refill';
const EMPTY = 'ERROR The pool of deposit wallets is empty: no order can be placed';
const OVER = 'INFO Resolved: The pool of deposit wallets is empty: no order can be placed';

/** A pool of two wallets, low with one, which somebody hears of. */
async function heardPool() {
  let isDown = false;
  let allowed = 0;
  const encryptor = {
    encrypt: async () => {
      allowed -= 1;
      if (isDown && allowed < 0) throw new Error('KMS is down');
      return new Uint8Array([1]);
    },
  };
  const desk = createPoolDesk({ target: 2, lowWater: 2, encryptor });
  const hearer = createHearer(desk, [poolCheck(desk.pool)]);
  await desk.refill();
  let orders = 0;
  return {
    desk,
    ...hearer,
    /** All that waits is taken, and a refill can make no more than that. */
    async dwindle(made: number) {
      isDown = true;
      allowed = made;
      for (const _wallet of await desk.pool.all()) {
        orders += 1;
        await desk.take(`ord_${orders}`);
      }
      await desk.refill();
    },
    async fill() {
      isDown = false;
      await desk.refill();
    },
  };
}

describe('a pool of deposit wallets', () => {
  it('that is empty again after it was told to be over is told at once, though an alert of it would be cooling down', async () => {
    const pool = await heardPool();
    await pool.dwindle(0);
    expect(await pool.hears()).toEqual([EMPTY]);
    await pool.minutes(5);
    await pool.fill();
    await pool.minutes(1);
    expect(await pool.hears()).toEqual([OVER]);
    await pool.minutes(3);
    await pool.dwindle(0);
    expect(await pool.hears()).toEqual([EMPTY]);
  });

  it('that is low and empty by turns is told of once as each, until it is filled', async () => {
    const pool = await heardPool();
    await pool.dwindle(1);
    for (let turn = 0; turn < 5; turn += 1) {
      await pool.minutes(1);
      await pool.dwindle(0);
      await pool.minutes(1);
      await pool.dwindle(1);
    }
    expect(await pool.hears()).toEqual([LOW, EMPTY]);
    await pool.fill();
    await pool.minutes(1);
    expect(await pool.hears()).toHaveLength(1);
    await pool.dwindle(1);
    expect(await pool.hears()).toEqual([LOW]);
  });

  it('that was noted before it was known since when it is not filled has not been so for longer than its status', async () => {
    const { desk, ...pool } = await heardPool();
    const since = '2026-11-22T09:00:00.000Z';
    desk.dynamo.put('ledger', { ...poolStateKey, status: 'low', since, version: 1 });
    expect(poolStateSchema.parse({ status: 'low', since, version: 1 })).toMatchObject({ opened_at: null });
    await pool.dwindle(0);
    expect(desk.alerts()).toMatchObject([{ dedupe_key: `deposit-pool:empty:${since}` }]);
    expect(await desk.pool.state()).toMatchObject({ status: 'empty', opened_at: since });
    await pool.fill();
    expect(await desk.pool.state()).toMatchObject({ status: 'filled', opened_at: null });
  });
});
