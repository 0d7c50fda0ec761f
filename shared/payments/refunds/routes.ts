import * as z from 'zod';
import { addressField, positiveAmountField, reasonField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { PROCESSOR_ID } from '../processors/processor-id.ts';
import { ownAssetKindSchema, processorRefundView, type RefundAddress, refundKindSchema, refundView } from './refund.ts';

const REFERENCE_ERROR =
  'INVALID_PARAMETER: must be 1 to 100 letters, digits or . _ : / -, beginning with a letter or digit';

const PAYMENT_ID_ERROR = 'INVALID_PARAMETER: must be the id of a payment';
/** A chain, a hash and a place; or a processor's name and 100 characters. */
const MAX_PAYMENT_ID_CHARS = 140;

const params = z.strictObject({ id: idSchema('ord') });

/** Gives money of an order back. */
export const refundOrderRoute = defineRoute({
  method: 'POST',
  path: '/admin/orders/{id}/refund',
  summary: 'Give money of an order back, from the treasury',
  description:
    '`order`: of an order that was paid, or of one that is expired or cancelled and was paid all the same; it is `refunding`, its pieces are ' +
    'free, and it is `refunded` when the transaction is final. `excess`: only what came beyond the amount due; the order stays what it is. ' +
    '`other_asset`: a payment in something that the order does not ask for; the same. Refused is what the treasury has too little of now. ' +
    'One refund of an order at a time; when one has failed, nothing was sent and another may be asked for.',
  tag: 'orders',
  access: 'orders:refund',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({
    kind: refundKindSchema.describe(
      '`order`: the order is given back. `excess`: what is above the amount due. `other_asset`: a payment in something else.',
    ),
    to: addressField
      .optional()
      .describe('Where to; a contract that takes coin as well. Either this or `claimed_address`.'),
    claimed_address: addressField
      .optional()
      .describe('The address that the customer claimed, as you saw it: claimed anew meanwhile, it is refused.'),
    payment_id: z
      .string({ error: PAYMENT_ID_ERROR })
      .min(1, { error: PAYMENT_ID_ERROR })
      .max(MAX_PAYMENT_ID_CHARS, { error: PAYMENT_ID_ERROR })
      .optional()
      .describe('Of the kind `other_asset`: which payment.'),
    amount: positiveAmountField.optional().describe('In base units of what is given back. By default all that may be.'),
    reason: reasonField,
  }),
  status: 202,
  response: refundView,
  errors: [
    'INVALID_ADDRESS',
    'INVALID_AMOUNT',
    'ORDER_NOT_FOUND',
    'VERSION_MISMATCH',
    'INVALID_TRANSITION',
    'TREASURY_NOT_CONFIGURED',
    'WALLET_NOT_FOUND',
    'WALLET_REVOKED',
    'WALLET_ROTATED',
    'POLICY_VIOLATION',
    'INSUFFICIENT_BALANCE',
    'RPC_CONNECTION',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});

/** Records a refund that was made at a processor. */
export const recordProcessorRefundRoute = defineRoute({
  method: 'POST',
  path: '/admin/orders/{id}/processor-refund',
  summary: "Record a refund that was made at an order's processor",
  description:
    'For orders that are paid through a processor, which has the money: make the refund there, then record it here. `order`: the order is ' +
    '`refunded`, and its pieces are free. `excess`: only what came beyond the amount due; the order stays what it is. A reference is ' +
    'recorded once (`DUPLICATE_REFERENCE`), and never more than was received.',
  tag: 'orders',
  access: 'orders:refund',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({
    kind: ownAssetKindSchema.describe('`order`: the order is given back. `excess`: what is above the amount due.'),
    amount: positiveAmountField.describe("In base units of the order's asset."),
    processor_reference: z
      .string({ error: REFERENCE_ERROR })
      .regex(PROCESSOR_ID, { error: REFERENCE_ERROR })
      .meta({ examples: ['refund-4711'] })
      .describe("The processor's own id of the refund."),
    reason: reasonField,
  }),
  status: 201,
  response: processorRefundView,
  errors: [
    'INVALID_AMOUNT',
    'ORDER_NOT_FOUND',
    'VERSION_MISMATCH',
    'INVALID_TRANSITION',
    'DUPLICATE_REFERENCE',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});

/** The refunds of an order as the API shows them. */
export const refundsView = z
  .object({
    data: z.array(z.union([refundView, processorRefundView])).describe('The oldest first.'),
    claimed_address: z.string().nullable().describe('Where the customer wants the money; null: not said.'),
    refundable: z
      .object({
        order: z.string(),
        excess: z.string(),
        other_assets: z
          .array(z.object({ payment_id: z.string(), asset: z.string(), amount: z.string() }))
          .describe('By payment, in base units of what came.'),
      })
      .describe("What may be given back now, by kind; `order` and `excess` in base units of the order's asset."),
  })
  .meta({ id: 'Refunds' });

/** The refunds of an order as the API shows them. */
export type RefundsView = z.output<typeof refundsView>;

/** Lists the refunds of an order. */
export const listRefundsRoute = defineRoute({
  method: 'GET',
  path: '/admin/orders/{id}/refunds',
  summary: 'List the refunds of an order, and what may be given back',
  tag: 'orders',
  access: 'orders:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: refundsView,
  errors: ['ORDER_NOT_FOUND'],
});

/** Where a customer wants the money, as the API shows it. */
export const refundAddressView = z
  .object({
    order_id: z.string().meta({ examples: ['ord_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    address: z.string().describe('With its EIP-55 checksum.'),
    claimed_at: z.string().describe('ISO 8601, UTC.'),
  })
  .meta({ id: 'RefundAddress' });

/** Where a customer wants the money, as the API shows it. */
export type RefundAddressView = z.output<typeof refundAddressView>;

/** Shows where a customer wants the money: declared fields only. */
export function toRefundAddressView(claimed: RefundAddress): RefundAddressView {
  return refundAddressView.parse(claimed);
}

/** Says where the money of an order is to go, should it be given back. */
export const claimRefundAddressRoute = defineRoute({
  method: 'POST',
  path: '/orders/{id}/refund-address',
  summary: 'Say where the money of an order is to go, should it be given back',
  description:
    'For who shows the token of the order. It does not ask for a refund: that is for an operator to give. As long as none is under way the ' +
    'address can be changed.',
  tag: 'orders',
  access: 'carts:write',
  tokenHeader: 'X-Order-Token',
  idempotent: true,
  rate: 'public',
  params,
  query: NOTHING,
  body: z.strictObject({ address: addressField }),
  status: 200,
  response: refundAddressView,
  errors: ['INVALID_ADDRESS', 'ORDER_NOT_FOUND', 'INVALID_TRANSITION', 'WRITE_CONFLICT', 'DATABASE_ERROR'],
});
