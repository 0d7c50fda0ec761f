import * as z from 'zod';

/** That so little of a product is available that somebody should know: while it is so, and afterwards how it was. */
export const lowStockSchema = z.object({
  sku: z.string(),
  state: z.enum(['open', 'resolved']),
  /** Pieces, as of the look that opened or resolved it. */
  available: z.number().int(),
  /** The product's threshold at that time; null: it has none any more. */
  low_stock_at: z.number().int().nullable(),
  /** ISO 8601, UTC. */
  opened_at: z.string(),
  /** ISO 8601, UTC. */
  resolved_at: z.string().nullable(),
  version: z.number().int().positive(),
});

/** That so little of a product is available that somebody should know. */
export type LowStock = z.output<typeof lowStockSchema>;

/** What is known of a product's stock after a look. */
export interface StockLook {
  readonly sku: string;
  readonly available: number;
  readonly lowStockAt: number | null;
}

/**
 * What to store after a look at a product's stock; undefined: nothing changed. The condition opens when no more than the threshold is
 * available, and is resolved when more is, or nobody wants to know any more. Pure.
 *
 * @param before as it is stored
 * @param at ISO 8601, UTC
 */
export function nextLowStock(
  before: LowStock | undefined,
  { sku, available, lowStockAt }: StockLook,
  at: string,
): LowStock | undefined {
  const isLow = lowStockAt !== null && available <= lowStockAt;
  const isOpen = before?.state === 'open';
  if (isLow === isOpen) return undefined;
  return {
    sku,
    state: isLow ? 'open' : 'resolved',
    available,
    low_stock_at: lowStockAt,
    opened_at: isOpen ? before.opened_at : at,
    resolved_at: isLow ? null : at,
    version: (before?.version ?? 0) + 1,
  };
}
