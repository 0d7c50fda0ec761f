import * as z from 'zod';
import type { StorefrontDependencies } from '#functions/storefront-api/handler.ts';
import { localInfoSchema } from '#local/instance.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import type { SweepCartsDependencies } from '#shared/checkout/sweep-carts.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { killPointSchema } from './crash/crash-plan.ts';
import type { InProcess } from './in-process.ts';
import { runPlanned } from './planned-process.ts';
import { poolPlanSchema } from './pool-processes.ts';

/** What a process of carts is told. */
export const cartPlanSchema = z.object({
  info: localInfoSchema,
  tables: poolPlanSchema.shape.tables,
  /** Carts to be made, each of which tries to reserve lines until it has been told yes or no. */
  carts: z.number().int(),
  /** SKUs that each of them reserves, one piece each, in an order of its own. */
  skus: z.array(z.string()).min(1),
  /** Sweeps instead, as if it were that many milliseconds later. */
  sweepInMs: z.number().optional(),
  /** Where it dies; absent: it lives. */
  kill: killPointSchema.optional(),
});

/** What a process of carts is told. */
export type CartPlan = z.output<typeof cartPlanSchema>;

/** Carts on a test's own tables, wired as the functions wire them, but for the secret. */
export function cartParts(parts: InProcess, clock: Clock): StorefrontDependencies & SweepCartsDependencies {
  const { client, tables, lanes } = parts;
  return {
    client,
    tables,
    clock,
    log: lanes.log,
    metrics: lanes.metrics,
    idempotency: createIdempotencyStore(client, tables.ephemeral, clock),
    products: createProductReader(client, tables.shop),
    readShopKey: async () => 'a shop key of at least 32 characters',
    reservationMs: 600_000,
    emptyCurrency: 'USD',
    newId,
  };
}

/**
 * Runs a process of carts to its end: see `runPlanned`.
 *
 * @returns what it printed; undefined when it was killed as its plan says
 */
export function runCartProcess(plan: CartPlan): Promise<string | undefined> {
  return runPlanned('carts.ts', plan);
}
