import { text } from 'node:stream/consumers';
import { takeFromPool } from '#shared/custody/deposit-pool/leave-pool.ts';
import { refillPool } from '#shared/custody/deposit-pool/refill-pool.ts';
import { withDepositWallet } from '#shared/custody/deposit-pool/take-deposit-wallet.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { standAround } from '#test/support/crash/access-points.ts';
import { dyingAt } from '#test/support/crash/dying-at.ts';
import { inProcess } from '#test/support/in-process.ts';
import { poolParts, poolPlanSchema } from '#test/support/pool-processes.ts';

/**
 * A process of its own that takes wallets from the pool of deposit wallets, all at once, and prints which order got which, or
 * the code of its refusal; or that refills the pool, and kills itself where its plan says, with a signal that nothing can catch.
 */
const plan = poolPlanSchema.parse(JSON.parse(await text(process.stdin)));
const parts = await inProcess({ info: plan.info }, { tables: plan.tables });
const pool = poolParts(parts, plan.target);
const deadline = Deadline.in(60_000, systemClock);

if (plan.orders === undefined) {
  standAround(parts, [plan.info.rpcUrl], dyingAt(plan.kill));
  process.stdout.write(JSON.stringify(await refillPool(pool, `refill ${process.pid}`, deadline)));
} else {
  const taken = await Promise.all(plan.orders.map(take));
  process.stdout.write(JSON.stringify(taken));
}

async function take(order: string): Promise<{ readonly order: string; readonly wallet: string }> {
  const kicker = { kick: async () => undefined };
  try {
    const wallet = await withDepositWallet({ ...pool, kicker }, deadline, async (pooled) => {
      const write = new WriteTransaction();
      const by = { actor: 'orders-api', requestId: order };
      takeFromPool(write, parts.tables, pooled, order, by, isoTime(systemClock()));
      await write.commit(parts.client, deadline);
      return pooled.walletId;
    });
    return { order, wallet };
  } catch (error) {
    if (error instanceof HavenError) return { order, wallet: error.code };
    throw error;
  }
}
