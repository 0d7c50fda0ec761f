import * as z from 'zod';

/** An adjustment as the API shows it. */
export const adjustmentView = z
  .object({
    sku: z.string(),
    quantity: z.number().int().describe('Pieces that came, or with a number below zero left.'),
    reason: z.string(),
    adjusted_at: z.string().describe('ISO 8601, UTC.'),
    audit_seq: z.number().int().describe("The number of its entry in the product's audit stream."),
  })
  .meta({ id: 'StockAdjustment' });

/** An adjustment as the API shows it. */
export type AdjustmentView = z.output<typeof adjustmentView>;
