import * as z from 'zod';
import { moneySchema } from '#shared/catalog/product.ts';
import {
  byProcessorSchema,
  isOnChain,
  type Order,
  onChainSchema,
  orderFlagSchema,
  orderStatusSchema,
  paymentSchema,
} from './order.ts';
import { paymentUri } from './payment-uri.ts';

/** What an order asks for, however it is paid. */
const askedView = z.object({
  asset: z.string().meta({ examples: ['USDC'] }),
  decimals: z.number().int(),
  amount_due: z.string().describe('In base units of the asset.'),
  amount_paid: z.string().describe('In base units: of all payments that are there, whenever they came.'),
  rate: z.string().describe("Of one unit of the asset in the total's currency, when the order was placed."),
  expires_at: z.string().describe("Until when it is to be paid, by the time of the payment's block. ISO 8601, UTC."),
  required_confirmations: z.number().int(),
});

const onChainView = askedView
  .extend({
    chain_id: z.number().int(),
    token_address: z.string().nullable().describe("Null: the chain's own coin."),
    address: z.string().describe('To be paid to. No other order ever had it.'),
    uri: z.string().describe('EIP-681: what a wallet reads from a QR code.'),
  })
  .meta({ id: 'OnChainPayment' });

const throughProcessorView = askedView
  .extend({
    chain_id: z.null().describe('Null: it is paid through a processor.'),
    processor: z.object({
      name: z.string().meta({ examples: ['kryptoexpress'] }),
      invoice_id: z.string().nullable().describe("The processor's; null: no invoice is bound to the order yet."),
    }),
    token_address: z.null(),
    address: z.string().nullable().describe("The processor's, as the integrator says."),
    uri: z.string().nullable().describe('What a wallet reads from a QR code, as the integrator says.'),
  })
  .meta({ id: 'ProcessorPayment' });

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
          'does not ask for came to its address; it counts for nothing. `many_payments`: so many payments came to its address that small ' +
          'ones are not listed any more. `balance_unknown`: it expired, and no node could tell what its address had in time.',
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
    locale: z.string().nullable().default(null).describe("The customer's language; null when Haven was not told."),
    payment: z
      .union([onChainView, throughProcessorView])
      .describe('Where `chain_id` is null, a processor takes the money, in a currency that Haven holds no keys for.'),
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
    payment: { ...payment, uri: isOnChain(payment) ? paymentUri(payment) : payment.processor.uri, expires_at },
  });
}

/** A payment as the API shows it. */
export const paymentView = paymentSchema
  .omit({ order_id: true, other_token: true, is_watched: true, taken_up: true })
  .extend({
    id: z
      .string()
      .describe('Chain id, transaction hash and log index, or `native`; of a processor, its name and its own id.'),
    amount: z.string().describe("In base units: of the order's asset, or of `other_asset`."),
    other_asset: z
      .string()
      .optional()
      .describe('What was sent where the order asks for something else: counts for nothing.'),
    block_at: z.string().describe('The time of its block; ISO 8601, UTC.'),
    on_chain: onChainSchema.nullable().describe('Where it was found; null: a processor told of it.'),
    processor: byProcessorSchema
      .omit({ is_contradicted: true })
      .optional()
      .describe('What a processor told of it; left out of payments that were found on a chain.'),
    detected_at: z.string().describe('ISO 8601, UTC.'),
    confirmed_at: z.string().nullable().describe('ISO 8601, UTC; null: it never was so far.'),
  })
  .meta({ id: 'Payment' });
