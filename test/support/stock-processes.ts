import * as z from 'zod';
import { localInfoSchema } from '#local/instance.ts';
import { runPlanned } from './planned-process.ts';
import { poolPlanSchema } from './pool-processes.ts';

/** What a process in the shop is told: what to do to the stock of one product, how often, and with which chances. */
export const stockPlanSchema = z.object({
  info: localInfoSchema,
  tables: poolPlanSchema.shape.tables,
  sku: z.string(),
  /** `buy`: reserve, and give back or buy. `adjust`: add and take away. `reshard`: other numbers of shards, and prices. */
  role: z.enum(['buy', 'adjust', 'reshard']),
  turns: z.number().int(),
  seed: z.number().int(),
});

/** What a process in the shop is told. */
export type StockPlan = z.output<typeof stockPlanSchema>;

/** What a process in the shop did: sums over all its turns. */
export const stockTallySchema = z.object({
  /** Pieces that it reserved and neither gave back nor bought. */
  kept: z.number().int(),
  sold: z.number().int(),
  adjusted: z.number().int(),
  /** Turns that were refused, by code. */
  refused: z.record(z.string(), z.number().int()),
});

/** What a process in the shop did. */
export type StockTally = z.output<typeof stockTallySchema>;

/** Many turns at one product, one after the other: a process that does more than this hangs. */
const TIMEOUT_MS = 120_000;

/** Runs a process in the shop to its end: see `runPlanned`. */
export async function runStockProcess(plan: StockPlan): Promise<StockTally> {
  return stockTallySchema.parse(JSON.parse((await runPlanned('stock.ts', plan, TIMEOUT_MS)) ?? ''));
}
