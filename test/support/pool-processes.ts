import * as z from 'zod';
import { localInfoSchema } from '#local/instance.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import type { RefillDependencies } from '#shared/custody/deposit-pool/refill-pool.ts';
import { newId } from '#shared/platform/ids.ts';
import { killPointSchema } from './crash/crash-plan.ts';
import { type InProcess, stageEncryptor } from './in-process.ts';
import { runPlanned } from './planned-process.ts';

/** What a process at the pool of deposit wallets is told: to take wallets for orders, or without any to refill the pool. */
export const poolPlanSchema = z.object({
  info: localInfoSchema,
  tables: z.object({
    ledger: z.string(),
    audit: z.string(),
    keys: z.string(),
    ephemeral: z.string(),
    logs: z.string(),
    shop: z.string(),
  }),
  /** Wallets that wait when the pool is full. */
  target: z.number().int(),
  orders: z.array(z.string()).optional(),
  /** Where a refill dies; absent: it lives. */
  kill: killPointSchema.optional(),
});

/** What a process at the pool is told. */
export type PoolPlan = z.output<typeof poolPlanSchema>;

/** The pool on a test's own tables, with the stage's own KMS key. */
export function poolParts(parts: InProcess, target: number): RefillDependencies {
  return {
    client: parts.client,
    tables: parts.tables,
    pool: createPoolReader(parts.client, parts.tables.ledger),
    size: { target, lowWater: 0 },
    encryptor: stageEncryptor(parts),
    clock: parts.lanes.clock,
    newId,
    log: parts.lanes.log,
    metrics: parts.lanes.metrics,
  };
}

/**
 * Runs a process at the pool to its end: see `runPlanned`.
 *
 * @returns what it printed; undefined when it was killed as its plan says
 */
export function runPoolProcess(plan: PoolPlan): Promise<string | undefined> {
  return runPlanned('deposit-pool.ts', plan);
}
