import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { moneySchema } from '#shared/catalog/product.ts';
import { allocationSchema } from '#shared/catalog/stock.ts';

/** domain.md, "Checkout and orders". */
export const orderStatusSchema = z.enum(
  ['awaiting_payment', 'confirming', 'paid', 'fulfilled', 'completed', 'expired', 'cancelled', 'refunding', 'refunded'],
  { error: 'INVALID_PARAMETER: must be a status of an order' },
);

/** Where an order is. */
export type OrderStatus = z.output<typeof orderStatusSchema>;

/** What is said of an order beside its status. */
export const orderFlagSchema = z.enum([
  'partially_paid',
  'overpaid',
  'paid_late',
  'settled_within_tolerance',
  'other_asset',
  'many_payments',
  'balance_unknown',
]);

/** What is said of an order beside its status. */
export type OrderFlag = z.output<typeof orderFlagSchema>;

/** A line of an order, as it was sold. */
export const orderLineSchema = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.number().int().positive(),
  unit_price: moneySchema,
  /** Where its pieces are taken from. Whether they are reserved, sold or given back is told by the order's `stock`. */
  allocations: z.array(allocationSchema).min(1),
});

/** A line of an order, as it was sold. */
export type OrderLine = z.output<typeof orderLineSchema>;

/** What an order asks for, however it is paid. Amounts in base units of the asset, as decimal strings. */
const askedSchema = z.object({
  asset: z.string(),
  decimals: z.number().int(),
  amount_due: z.string(),
  /** Of payments that were seen and not orphaned. */
  amount_paid: z.string(),
  /** Of one unit of the asset in the currency of the total, as a decimal; and where it came from. */
  rate: z.string(),
  rate_source: z.string(),
  required_confirmations: z.number().int(),
  /** How far off the amount due counts as paid, in hundredths of a percent; as it was when the order was placed. */
  tolerance_bps: z.number().int().nonnegative(),
});

/** Paid on a chain, to an address of Haven's. */
export const onChainOrderPaymentSchema = askedSchema.extend({
  chain_id: z.number().int(),
  /** Null: the chain's own coin. */
  token_address: z.string().nullable(),
  /** A deposit wallet that no other order ever had. */
  address: z.string(),
  wallet_id: z.string(),
});

/** Paid on a chain, to an address of Haven's. */
export type OnChainOrderPayment = z.output<typeof onChainOrderPaymentSchema>;

/** Paid through a processor, to whom Haven's keys are nothing. */
export const processorOrderPaymentSchema = askedSchema.extend({
  chain_id: z.null(),
  processor: z.object({
    /** As the stage names it. */
    name: z.string(),
    /** Null: until the integrator has said which of the processor's invoices is this order's. */
    invoice_id: z.string().nullable(),
    /** What a wallet reads from a QR code, as the processor gave it to the integrator. */
    uri: z.string().nullable(),
  }),
  token_address: z.null(),
  /** The processor's, as the integrator says; to be shown, nothing more. */
  address: z.string().nullable(),
  wallet_id: z.null(),
});

/** Paid through a processor. */
export type ProcessorOrderPayment = z.output<typeof processorOrderPaymentSchema>;

/** How and where an order is to be paid: by `chain_id`, which is null where a processor takes the money. */
export const orderPaymentSchema = z.union([onChainOrderPaymentSchema, processorOrderPaymentSchema]);

/** Whether an order is paid on a chain, to Haven's own address; of an order as it is stored, and as the API shows it. */
export function isOnChain<P extends { readonly chain_id: number | null }>(
  payment: P,
): payment is Extract<P, { readonly chain_id: number }> {
  return payment.chain_id !== null;
}

/** An order as it is stored. Its token is known to who checked out, and stored as a keyed hash. */
export const orderSchema = auditHeadSchema.extend({
  /** `ord_…` */
  id: z.string(),
  cart_id: z.string(),
  token_hash: z.string(),
  status: orderStatusSchema,
  flags: z.array(orderFlagSchema),
  /** What has become of its pieces; follows from the status (`STOCK_OF`). Only an operator who accepts a late payment takes pieces again. */
  stock: z.enum(['reserved', 'sold', 'released']),
  lines: z.array(orderLineSchema).min(1),
  total: moneySchema,
  /** Personal data: in no log, audit entry, index or key. */
  email: z.string().nullable(),
  /** What the orders of this address are listed by (`customerOf`); null: Haven was told no address. */
  customer: z.string().nullable().default(null),
  /** The customer's language, as in BCP 47; absent: not told. */
  locale: z.string().optional(),
  payment: orderPaymentSchema,
  /** Until when it is to be paid, judged by the time of a payment's block. ISO 8601, UTC. */
  expires_at: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  /** Since when it has its status. ISO 8601, UTC; absent: since it was placed. */
  status_since: z.string().optional(),
  /** When operators were told that it has had its status for too long; null, absent: they were not. ISO 8601, UTC. */
  stuck_told_at: z.string().nullable().optional(),
  /** Sort keys of the rows beside it that were written with this version; absent: none was. See `readOrderRows`. */
  rows_written: z.array(z.string()).optional(),
  version: z.number().int(),
});

/** An order as it is stored. */
export type Order = z.output<typeof orderSchema>;

/** Where on a chain a payment was found. */
export const onChainSchema = z.object({
  chain_id: z.number().int(),
  block_number: z.number().int(),
  block_hash: z.string(),
  /** Null: money that no transfer tells of, found as a balance. */
  transaction_hash: z.string().nullable(),
  /** In its block; null: the chain's own coin. */
  log_index: z.number().int().nullable(),
  /** Who sent it, as the transfer says. */
  from: z.string().nullable(),
});

/** What a processor told of a payment. */
export const byProcessorSchema = z.object({
  /** As the stage names it. */
  name: z.string(),
  invoice_id: z.string(),
  /** Null: the processor did not tell. */
  transaction_hash: z.string().nullable(),
  /** As the processor signed them; null: it tells of a payment when it is final, and counts none. */
  confirmations: z.number().int().nullable(),
  /** When the processor says that what counts of the payment happened; ISO 8601, UTC. */
  told_at: z.string(),
  /** Whether it was told to be final, and besides that it has failed or is of another amount: somebody has to ask the processor. */
  is_contradicted: z.boolean(),
});

/** A payment of an order. */
export const paymentSchema = z.object({
  /** `<chain id>:<transaction hash>:<log index>`, or `native` as the last part: one transaction may pay several orders, one order by several. Of a processor: `<name>:<its id>`. */
  id: z.string(),
  order_id: z.string(),
  /** In base units: of the order's asset, or of `other_asset`. */
  amount: z.string(),
  /** What was sent where it is not what the order asks for: it is kept in sight, and counts for nothing. A symbol, and the chain where it is another. */
  other_asset: z.string().optional(),
  /** Of what was sent instead: the token's address; null: the chain's own coin. Absent: of the order's asset, told by a processor, or from before it was stored. */
  other_token: z.string().nullable().optional(),
  /** `detected`: seen in a block. `confirmed`: deep enough. `orphaned`: its block is gone. */
  status: z.enum(['detected', 'confirmed', 'orphaned']),
  /** The time of its block; ISO 8601, UTC. */
  block_at: z.string(),
  /** Null: it was told of by a processor. */
  on_chain: onChainSchema.nullable(),
  /** Who told of it, where that was a processor. */
  processor: byProcessorSchema.optional(),
  /** Whether its block is still looked at: until it is so deep that no reorg reaches it, or gone. */
  is_watched: z.boolean(),
  /** ISO 8601, UTC. */
  detected_at: z.string(),
  /** ISO 8601, UTC; null: never so far. */
  confirmed_at: z.string().nullable(),
  /** The `confirmed_at` of which a sweep of its address has taken note; absent: of none. */
  taken_up: z.string().nullable().optional(),
});

/** A payment of an order. */
export type Payment = z.output<typeof paymentSchema>;

/** Whether a payment is there, and of what its order asks for. */
export function countsAsPaid({ status, other_asset }: Payment): boolean {
  return status !== 'orphaned' && other_asset === undefined;
}
