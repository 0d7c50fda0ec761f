import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import type { StorefrontDependencies } from '#functions/storefront-api/handler.ts';
import { localInfoSchema, ROOT } from '#local/instance.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import type { SweepCartsDependencies } from '#shared/checkout/sweep-carts.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { killPointSchema } from './crash/crash-plan.ts';
import type { InProcess } from './in-process.ts';
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

/** A process that does more than this hangs. */
const TIMEOUT_MS = 90_000;

/**
 * Runs a process of carts to its end.
 *
 * @returns what it printed; undefined when it was killed as its plan says
 * @throws Error with what it said when it ended in any other way
 */
export async function runCartProcess(plan: CartPlan): Promise<string | undefined> {
  const child = spawn(process.execPath, ['test/support/processes/carts.ts'], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  child.stdin.end(JSON.stringify(plan));
  const ended = new Promise<number | string | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  const [said, complaints, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (end === 'SIGKILL' && plan.kill !== undefined) return undefined;
  if (end !== 0) throw new Error(`The process ended with ${end}:\n${complaints}`);
  return said;
}
