import * as z from 'zod';
import { failureSchema } from '#shared/transactions/transaction.ts';

/** The kind of refunds as watchers of transactions and subjects of the outbox. */
export const REFUND_KIND = 'refund';

/**
 * What is given back: the order, which ends with it; what came beyond what it asks for, and it stays what it is; or a payment in something that
 * it does not ask for, which it never counted.
 */
export const refundKindSchema = z.enum(['order', 'excess', 'other_asset'], {
  error: 'INVALID_PARAMETER: must be order, excess or other_asset',
});

/** What a processor may have given back. */
export const ownAssetKindSchema = z.enum(['order', 'excess'], {
  error: 'INVALID_PARAMETER: must be order or excess',
});

/** What is given back. */
export type RefundKind = z.output<typeof refundKindSchema>;

/** What is given back of what an order asks for. */
export type OwnAssetKind = z.output<typeof ownAssetKindSchema>;

/** Where a refund stands: `confirmed` and `failed` are ends. */
const refundStatusSchema = z.enum(['pending', 'confirmed', 'failed']);

/** What all refunds have, whoever gives the money back. */
const givenBackSchema = z.object({
  id: z.string().meta({ examples: ['rfd_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  order_id: z.string().meta({ examples: ['ord_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  kind: refundKindSchema,
  status: refundStatusSchema.describe('`confirmed` only when the transaction is final; `failed`: nothing was sent.'),
  amount: z
    .string()
    .describe('In base units of `asset`.')
    .meta({ examples: ['1000000'] }),
  /** Whether less was asked for than could be given back: then the rest is not waited for. */
  is_partial: z.boolean().describe('Whether less was asked for than could be given back.'),
  asset: z
    .string()
    .describe('What the order asks for; of the kind `other_asset` what came instead.')
    .meta({ examples: ['USDC'] }),
  payment_id: z.string().optional().describe('Of the kind `other_asset`: the payment that is given back.'),
  reason: z.string(),
  requested_by: z.string().describe('The API key or operator that asked for it.'),
  created_at: z.string().describe('ISO 8601, UTC.'),
  updated_at: z.string().describe('ISO 8601, UTC.'),
  version: z.number().int().describe('Goes up with every change.'),
});

/** Money that the treasury sends back, by a transaction. */
const sentRefundSchema = givenBackSchema.extend({
  chain_id: z.number().int(),
  token_address: z.string().nullable().describe("Null: the chain's own coin."),
  to: z.string().describe('The address that the money goes to.'),
  address_from: z.enum(['operator', 'customer']).describe('Who said where to.'),
  wallet_id: z.string().describe('The treasury that sends it.'),
  transaction_id: z
    .string()
    .describe('The transaction that sends it.')
    .meta({ examples: ['tx_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
  failure: failureSchema.nullable().describe('Why nothing was sent.'),
});

/** Money that the treasury sends back, by a transaction. */
export type SentRefund = z.output<typeof sentRefundSchema>;

/** Money that a processor has given back: recorded when that is done, so that it has ended as it begins. */
const processorRefundSchema = givenBackSchema.extend({
  status: z.literal('confirmed'),
  chain_id: z.null().describe('Null: a processor gave it back.'),
  processor: z.object({
    name: z.string().describe('As the stage names it.'),
    reference: z.string().describe("The processor's own id of the refund."),
  }),
});

/** Money that a processor has given back. */
export type ProcessorRefund = z.output<typeof processorRefundSchema>;

/** Money of an order that goes back: a row in the order's partition. Its history is on the order's audit stream. */
export const refundSchema = z.union([sentRefundSchema, processorRefundSchema]);

/** Money of an order that goes back. */
export type Refund = z.output<typeof refundSchema>;

/** A refund from the treasury as the API shows it. */
export const refundView = sentRefundSchema.meta({ id: 'Refund' });

/** A refund that a processor made as the API shows it. */
export const processorRefundView = processorRefundSchema.meta({ id: 'ProcessorRefund' });

/** Shows a refund from the treasury: declared fields only. */
export function toRefundView(refund: SentRefund): z.output<typeof refundView> {
  return refundView.parse(refund);
}

/** Whether the treasury sends it. */
export function isSent(refund: Refund): refund is SentRefund {
  return refund.chain_id !== null;
}

/** Where a customer wants the money of an order sent to: a row in the order's partition, used by a refund that names no other address. */
export const refundAddressSchema = z.object({
  order_id: z.string(),
  /** With its EIP-55 checksum. */
  address: z.string(),
  /** ISO 8601, UTC. */
  claimed_at: z.string(),
  version: z.number().int(),
});

/** Where a customer wants the money of an order sent to. */
export type RefundAddress = z.output<typeof refundAddressSchema>;

/** A refund. Beside the order, so that one read sees all that it may be judged by. */
export function refundKey(orderId: string, refundId: string) {
  return { pk: `ORDER#${orderId}`, sk: `REFUND#${refundId}` };
}

/** The address that a customer claimed the money of an order for. */
export function refundAddressKey(orderId: string) {
  return { pk: `ORDER#${orderId}`, sk: 'REFUND_ADDRESS' };
}

const SUBJECT_SEPARATOR = '/';

/** Whom the outbox tells of the end of a refund's transaction: order and refund, because the one is found by the other. */
export function refundWatcher({ order_id, id }: Pick<Refund, 'order_id' | 'id'>): string {
  return `${REFUND_KIND}:${order_id}${SUBJECT_SEPARATOR}${id}`;
}

/**
 * The order and the refund that a watcher's id names.
 *
 * @param subjectId what is behind the kind
 * @throws Error when it names none
 */
export function refundOfSubject(subjectId: string): { readonly orderId: string; readonly refundId: string } {
  const [orderId, refundId] = subjectId.split(SUBJECT_SEPARATOR);
  if (orderId === undefined || refundId === undefined) throw new Error(`${subjectId} names no refund of an order`);
  return { orderId, refundId };
}
