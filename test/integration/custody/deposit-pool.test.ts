import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { refillPool } from '#shared/custody/deposit-pool/refill-pool.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import type { KillPoint } from '#test/support/crash/crash-plan.ts';
import { expectPoolLaws } from '#test/support/fakes/pool-laws.ts';
import { everythingIn, ownTables } from '#test/support/own-tables.ts';
import { poolParts, runPoolProcess } from '#test/support/pool-processes.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

const SEED = 20_261_122;
const TAKERS = 4;
const TAKES_EACH = 50;
const POOLED = 100;

const own = ownTables();

/** The pool and all that is stored, for its laws. */
async function desk(target: number) {
  const { parts, tables } = own();
  const deps = poolParts(parts, target);
  const rows: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
    ledger: await everythingIn(parts.client, tables.ledger),
    keys: await everythingIn(parts.client, tables.keys),
    audit: await everythingIn(parts.client, tables.audit),
  };
  return {
    deps,
    pool: deps.pool,
    rows: (table: string) => [...(rows[table] ?? [])],
    walletIds: () =>
      (rows['ledger'] ?? [])
        .filter(({ sk }) => sk === 'WALLET')
        .map(({ id }) => String(id))
        .toSorted(),
  };
}

async function refill(target: number): Promise<void> {
  await refillPool(poolParts(own().parts, target), 'refill', Deadline.in(60_000, Date.now));
}

const plan = (target: number) => ({ info: own().info, tables: own().tables, target });
const takenSchema = z.array(z.object({ order: z.string(), wallet: z.string() }));

describe('the pool of deposit wallets', () => {
  it(`hands none out twice to ${TAKERS} processes that take ${TAKES_EACH} each from a pool of ${POOLED}`, async () => {
    await refill(POOLED);
    const said = await Promise.all(
      Array.from({ length: TAKERS }, (_, taker) =>
        runPoolProcess({
          ...plan(POOLED),
          orders: Array.from({ length: TAKES_EACH }, (_, nth) => `ord_${taker}_${nth}`),
        }),
      ),
    );
    const outcomes = said.flatMap((one) => takenSchema.parse(JSON.parse(one ?? '[]')));
    const taken = outcomes.filter(({ wallet }) => wallet.startsWith('wal_'));
    expect(outcomes).toHaveLength(TAKERS * TAKES_EACH);
    expect(new Set(taken.map(({ wallet }) => wallet)).size).toBe(POOLED);
    expect(taken).toHaveLength(POOLED);
    // Everyone else was told why.
    expect(new Set(outcomes.filter((one) => !taken.includes(one)).map(({ wallet }) => wallet))).toEqual(
      new Set(['DEPOSIT_POOL_EMPTY']),
    );
    const after = await desk(POOLED);
    await expectPoolLaws(after);
    const holders = after.rows('ledger').filter(({ sk }) => sk === 'HOLDER');
    expect(holders.map(({ wallet_id, order_id }) => `${wallet_id} ${order_id}`).toSorted()).toEqual(
      taken.map(({ wallet, order }) => `${wallet} ${order}`).toSorted(),
    );
    expect(after.rows('audit').filter(({ action }) => action === 'deposit.taken')).toHaveLength(POOLED);
  });

  it('is filled once by processes that refill it at once', async () => {
    const target = 40;
    const said = await Promise.all(Array.from({ length: 3 }, () => runPoolProcess(plan(target))));
    const reports = said.map((one) => z.object({ pooled: z.number() }).parse(JSON.parse(one ?? '{}')));
    expect(reports.reduce((sum, { pooled }) => sum + pooled, 0)).toBe(target);
    const after = await desk(target);
    expect((await after.pool.all()).length).toBe(target);
    await expectPoolLaws(after);
  });

  it('loses no wallet and pools none twice when refills are killed, wherever that is', async () => {
    const random = seededRandom(SEED);
    const rounds = 10;
    for (let round = 1; round <= rounds; round += 1) {
      // Of fifteen and more: reads of the pool, then a call to KMS and a write for each of five wallets.
      const index = Math.floor(random() * 14);
      const kill: KillPoint = { index, side: random() < 0.5 ? 'before' : 'after' };
      expect(await runPoolProcess({ ...plan(5 * round), kill })).toBeUndefined();
      await expectPoolLaws(await desk(5 * round));
    }
    await refill(5 * rounds);
    const after = await desk(5 * rounds);
    expect((await after.pool.all()).length).toBe(5 * rounds);
    await expectPoolLaws(after);
  });
});
