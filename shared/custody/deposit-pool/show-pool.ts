import type * as z from 'zod';
import type { PoolReader } from './pool-reader.ts';
import { type PoolSize, poolStatus } from './pool-size.ts';
import type { showDepositPoolRoute } from './routes.ts';

/** Shows the pool as it stands now, and since when it has been low. */
export async function showPool(
  pool: Pick<PoolReader, 'all' | 'state'>,
  size: PoolSize,
): Promise<z.input<typeof showDepositPoolRoute.response>> {
  const [waiting, noted] = await Promise.all([pool.all(), pool.state()]);
  return {
    free: waiting.length,
    target: size.target,
    low_water: size.lowWater,
    status: poolStatus(waiting.length, size),
    low_since: noted === undefined || noted.status === 'filled' ? null : noted.since,
  };
}
