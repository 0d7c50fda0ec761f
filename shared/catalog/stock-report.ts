import * as z from 'zod';

/** What a reconciliation found, as the API shows it. */
export const stockReportView = z
  .object({
    checked_at: z.string().describe('ISO 8601, UTC.'),
    complete: z.boolean().describe('False: time ran out; ask for one product, or leave it to the schedule.'),
    shards: z.number().int().describe('Shards that were compared.'),
    drifts: z.array(
      z.object({
        sku: z.string(),
        shard: z.number().int(),
        counted: z.number().int().describe('What the shard has counted as reserved.'),
        expected: z.number().int().describe('What open orders and carts have reserved of it.'),
        repaired: z.boolean(),
      }),
    ),
    moving: z
      .array(z.object({ sku: z.string(), shard: z.number().int() }))
      .describe('Shards that buyers kept moving, so that nothing can be said of them.'),
  })
  .meta({ id: 'StockReport' });

/** What a reconciliation found. */
export type StockReportView = z.output<typeof stockReportView>;

/** What is kept of each list that a report has: with SKUs of 64 characters some 150 KB, where an item can have 400 KB. */
export const MAX_KEPT = 500;

/** The last report on all stock, as it is stored and shown. */
export const lastStockReportView = stockReportView
  .extend({
    drifts: stockReportView.shape.drifts.describe(`The first ${MAX_KEPT}.`),
    moving: stockReportView.shape.moving.describe(
      `Shards that buyers kept moving, so that nothing can be said of them; the first ${MAX_KEPT}.`,
    ),
    drift_count: z.number().int().describe('Shards in all that had drifted.'),
    moving_count: z.number().int().describe('Shards in all that kept moving.'),
    by: z
      .string()
      .describe('Who looked: `stock-reconciler` is the schedule, anybody else asked for it.')
      .meta({ examples: ['stock-reconciler'] }),
  })
  .meta({ id: 'LastStockReport' });

/** The last report on all stock. */
export type LastStockReport = z.output<typeof lastStockReportView>;
