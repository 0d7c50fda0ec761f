import * as z from 'zod';
import { moneySchema } from '#shared/catalog/product.ts';
import { type Order, onChainSchema, orderFlagSchema, orderStatusSchema, paymentSchema } from './order.ts';
import { paymentUri } from './payment-uri.ts';

/** An order as the API shows it, to customers and operators alike: nothing of shards, wallets' ids or tokens. */
export const orderView = z
  .object({
    id: z.string().meta({ examples: ['ord_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    cart_id: z.string().meta({ examples: ['crt_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    status: orderStatusSchema,
    flags: z
      .array(orderFlagSchema)
      .describe(
        '`partially_paid`: something was paid, and not enough. `overpaid`: more than is due. `paid_late`: money came after the order had ' +
          'expired. `settled_within_tolerance`: a little less than is due, and it counts as paid. `other_asset`: something that the order ' +
          'does not ask for came to its address; it counts for nothing.',
      ),
    lines: z.array(
      z.object({
        sku: z.string().meta({ examples: ['TEE-M'] }),
        name: z.string(),
        quantity: z.number().int(),
        unit_price: moneySchema,
      }),
    ),
    total: moneySchema,
    email: z.string().nullable().describe('Null when Haven was not told.'),
    payment: z.object({
      chain_id: z.number().int(),
      asset: z.string().meta({ examples: ['USDC'] }),
      token_address: z.string().nullable().describe("Null: the chain's own coin."),
      decimals: z.number().int(),
      address: z.string().describe('To be paid to. No other order ever had it.'),
      amount_due: z.string().describe('In base units of the asset.'),
      amount_paid: z.string().describe('In base units: of all payments that are on the chain, whenever they came.'),
      rate: z.string().describe("Of one unit of the asset in the total's currency, when the order was placed."),
      uri: z.string().describe('EIP-681: what a wallet reads from a QR code.'),
      expires_at: z
        .string()
        .describe("Until when it is to be paid, by the time of the payment's block. ISO 8601, UTC."),
      required_confirmations: z.number().int(),
    }),
    created_at: z.string().describe('ISO 8601, UTC.'),
    updated_at: z.string().describe('ISO 8601, UTC.'),
    version: z.number().int().describe('Goes up with every change; also the ETag.'),
  })
  .meta({ id: 'Order' });

/** An order as the API shows it. */
export type OrderView = z.output<typeof orderView>;

/** Shows an order: declared fields only. */
export function toOrderView(order: Order): OrderView {
  const { payment, expires_at } = order;
  return orderView.parse({
    ...order,
    payment: { ...payment, uri: paymentUri(payment), expires_at },
  });
}

/** A payment as the API shows it. */
export const paymentView = paymentSchema
  .omit({ order_id: true, is_watched: true })
  .extend({
    id: z.string().describe('Chain id, transaction hash and log index, or `native`.'),
    amount: z.string().describe("In base units: of the order's asset, or of `other_asset`."),
    other_asset: z
      .string()
      .optional()
      .describe('What was sent where the order asks for something else: counts for nothing.'),
    block_at: z.string().describe('The time of its block; ISO 8601, UTC.'),
    on_chain: onChainSchema.nullable().describe('Where it was found; null: a processor told of it.'),
    detected_at: z.string().describe('ISO 8601, UTC.'),
    confirmed_at: z.string().nullable().describe('ISO 8601, UTC; null: it never was so far.'),
  })
  .meta({ id: 'Payment' });
